"""What the page of one alert says: the values; `detection/alert.html` draws them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from qingdun.access import policy
from qingdun.detection.alert_forms import ACTS
from qingdun.detection.core.judging import Act
from qingdun.detection.evidence import SHOWN, Line, events_url, lines
from qingdun.detection.explaining import Why, why
from qingdun.detection.listings.alerts import alerts_url, level_badge, state_mark
from qingdun.detection.models import Alert, AlertNote, Suppression
from qingdun.detection.outcomes import outcome
from qingdun.detection.techniques import told
from qingdun.detection.wording import attack_name, entry, next_steps
from qingdun.inventory.models import Contact
from qingdun.web.details import Event, Fact
from qingdun.web.personal import mark

OTHERS = 8  # further alerts named on the page
CONTACTS = 3
QUIETER = 8  # values offered to be said no more


@dataclass(frozen=True, slots=True)
class Shown:
    marks: list[SafeString]
    facts: list[Fact]
    people: list[Fact]
    next: str
    why: list[Why]
    lines: list[Line]
    may_search: bool
    read: list[Line]
    unread: list[Line]
    all_lines: str
    others: list[tuple[Alert, SafeString, SafeString]]
    others_url: str
    events: list[Event]
    suppressions: list[Suppression]
    quieter: list[tuple[str, str]]  # what may be said no more, and where that begins


def page(alert: Alert, user: Any) -> Shown:
    may_search = policy.may(user, "logs.search")
    found = lines(alert, user) if may_search else []
    reasons = why(alert, [line.event for line in found if line.event])
    others = _others(alert, user)
    return Shown(
        marks=[level_badge(alert), state_mark(alert)],
        facts=_facts(alert, user),
        people=_people(alert, user),
        next=next_steps(alert.rule),
        why=reasons,
        lines=found,
        may_search=may_search,
        read=found[:SHOWN],
        unread=found[SHOWN:],
        all_lines=events_url(alert),
        others=[(one, level_badge(one), state_mark(one)) for one in others],
        others_url=alerts_url(source=alert.source) if alert.source else alerts_url(target=alert.target),
        events=_timeline(alert),
        suppressions=list(Suppression.objects.visible_to(user).filter(alert=alert)[:OTHERS]),
        quieter=_quieter(alert, reasons) if policy.may(user, "detection.tune", policy.ROOT) else [],
    )


def _quieter(alert: Alert, reasons: list[Why]) -> list[tuple[str, str]]:
    """The source, the target, and the values that met the rule."""
    sides = [(_("这个源地址"), "source.ip", alert.source), (_("这个目标"), "target", alert.target)]
    sides += [(one.field, one.field, one.value) for one in reasons if one.field and one.value]
    kept = {(field, value): f"{label}：{value[:60]}" for label, field, value in sides if value}
    new = reverse("detection:suppression_new")
    return [
        (label, f"{new}?{urlencode({'alert': alert.pk, 'field': field, 'value': value[:500]})}")
        for (field, value), label in list(kept.items())[:QUIETER]
    ]


def _facts(alert: Alert, user: Any) -> list[Fact]:
    see = policy.may(user, "inventory.view", alert)
    host, system, unit = alert.host, alert.system, alert.unit
    rule = _rule_url(alert.rule) if entry(alert.rule) else ""
    return [
        Fact(_("规则"), alert.rule, href=rule, code=True),
        Fact(_("攻击类别"), attack_name(alert.attack)),
        Fact(_("攻击技术"), _techniques(alert), wide=True),
        Fact(_("源地址"), alert.source, href=_search("source.ip", alert.source), code=True),
        Fact(_("目标"), alert.target, code=True),
        Fact(_("主机"), host, href=host.get_absolute_url() if host and see else ""),
        Fact(_("信息系统"), system, href=system.get_absolute_url() if system and see else ""),
        Fact(_("归属单位"), unit, href=reverse("inventory:unit", args=[unit.pk]) if unit and see else ""),
        Fact(_("首次"), alert.first),
        Fact(_("末次"), alert.last),
        Fact(_("命中"), alert.hits, href=events_url(alert)),
        Fact(_("产生时间"), alert.raised),
        Fact(_("滞后"), _("%.1f 秒") % alert.delay),
        Fact(_("处理人"), alert.assignee.person.name if alert.assignee else None),
        Fact(_("关闭时间"), alert.closed),
    ]


def _rule_url(rule: str) -> str:
    try:
        return reverse("detection:rule", args=[rule])
    except NoReverseMatch:
        return ""


def _techniques(alert: Alert) -> SafeString | str:
    if not alert.techniques:
        return ""
    names = ((told(str(one)),) for one in alert.techniques)
    return format_html_join("", '<span class="badge badge-plain">{}</span> ', names)


def _search(field: str, value: str) -> str:
    return f"{reverse('logs:search')}?{urlencode({'q': f'{field}:{value}', 'last': '7d'})}" if value else ""


def _people(alert: Alert, user: Any) -> list[Fact]:
    """Who answers for what was meant: the contacts of the system, else of the unit."""
    if not (alert.system_id or alert.unit_id) or not policy.may(user, "inventory.view", alert):
        return []
    mine = Contact.objects.visible_to(user).filter(retired=None)
    of_system = Q(system=alert.system_id) if alert.system_id else Q(pk__in=[])
    of_unit = Q(system=None, unit=alert.unit_id) if alert.unit_id else Q(pk__in=[])
    found = sorted(mine.filter(of_system | of_unit)[: CONTACTS * 4], key=lambda one: one.system_id is None)[:CONTACTS]
    return [
        Fact(f"{one.name} · {one.get_duty_display()}", mark(user, one, "phone"), code=True, wide=True) for one in found
    ]


def _others(alert: Alert, user: Any) -> list[Alert]:
    """The newest other alerts from the same source or about the same target."""
    same = Q(pk__in=[])
    if alert.source:
        same |= Q(source=alert.source)
    if alert.host_id:
        same |= Q(host=alert.host_id)
    elif alert.target:
        same |= Q(target=alert.target)
    return list(Alert.objects.visible_to(user).filter(same).exclude(pk=alert.pk).order_by("-last")[:OTHERS])


def _timeline(alert: Alert) -> list[Event]:
    """What people did with it, the newest first; at the end how it began."""
    notes = alert.notes.select_related("by__person").order_by("-at", "-pk")
    raised = ngettext("规则命中 %d 次，产生告警", "规则命中 %d 次，产生告警", alert.hits) % alert.hits
    return [
        *(Event(_act(note), note.at, note.by.person.name, note.text, note.link) for note in notes),
        Event(raised, alert.raised, _("平台")),
    ]


def _act(note: AlertNote) -> str:
    if note.act in list(Act):
        return str(ACTS[Act(note.act)])
    made = outcome(note.act)
    return str(made.title) if made else note.act
