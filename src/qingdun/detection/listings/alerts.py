from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from qingdun.access.models import Account
from qingdun.detection.evidence import events_url
from qingdun.detection.indicators import open_on
from qingdun.detection.models import Alert
from qingdun.detection.periods import moment
from qingdun.detection.wording import attack_name, attack_options
from qingdun.inventory.listings.shared import unit_filter
from qingdun.web.listing import Bulk, Column, Filter, Listing, States, choice, day, text
from qingdun.web.marks import Shape, Tone, badge, mark, pair

HANDLE = "detection.handle"
LEVELS: dict[int, Tone] = {1: "plain", 2: "plain", 3: "warn", 4: "bad", 5: "severe"}
MARKS: dict[str, tuple[Shape, Tone]] = {
    "new": ("triangle", "bad"),
    "working": ("diamond", "brand"),
    "confirmed": ("square", "warn"),
    "handled": ("circle", "ok"),
    "false": ("ring", "plain"),
    "ignored": ("circle", "plain"),
}
PEOPLE = 50  # offered in the filter


def level_badge(alert: Alert) -> SafeString:
    return badge(alert.get_level_display(), LEVELS.get(alert.level, "plain"))


def state_mark(alert: Alert) -> SafeString:
    return mark(alert.get_state_display(), *MARKS[alert.state])


def hits_link(alert: Alert) -> SafeString:
    return format_html('<a href="{}">{}</a>', events_url(alert), f"{alert.hits:,}")


def asset(alert: Alert) -> object:
    """What was meant: the registered host or system where there is one, and the address as it was seen."""
    known = alert.host or alert.system
    return pair(known, alert.target) if known and alert.target not in ("", str(known)) else known or alert.target


def _assignee(value: str) -> Q:
    if value == "none":
        return Q(assignee=None)
    if not value.isascii() or not value.isdigit() or len(value) > 18:
        raise ValueError(_t("没有“%s”这个选项。") % value)
    return Q(assignee=int(value))


def _people(user: Any) -> list[tuple[str, Any]]:
    held = Alert.objects.visible_to(user).open().exclude(assignee=None).order_by().values("assignee").distinct()
    others = Account.objects.filter(pk__in=held).exclude(pk=user.pk).select_related("person")[:PEOPLE]
    return [(str(user.pk), _("我")), ("none", _("还没有人")), *((str(one.pk), one.person.name) for one in others)]


def _number(field: str) -> Any:
    def narrow(value: str) -> Q:
        if not value.isascii() or not value.isdigit() or len(value) > 18:
            raise ValueError(_t("没有“%s”这个选项。") % value)
        return Q(**{field: int(value)})

    return narrow


def _start(on: date) -> datetime:
    return timezone.make_aware(datetime.combine(on, time()))


ALERTS: Listing[Alert] = Listing(
    key="detection.alerts",
    title=pgettext_lazy("list", "告警"),
    purpose=_("规则命中的事，同源同目标归并成一条；接手、研判、处置，每一步都留记录。"),
    permission="detection.view",
    rows=Alert.objects.visible_to,
    related=("unit", "host", "system", "assignee__person"),
    link=lambda one: one.get_absolute_url(),
    columns=(
        Column("title", _("名称"), lambda one: one.title),
        Column("level", _("级别"), level_badge, sort=("level", "last"), export=lambda one: one.get_level_display()),
        Column("state", _("状态"), state_mark, export=lambda one: one.get_state_display()),
        Column("source", _("源地址"), lambda one: one.source, "code", sort=("source", "last")),
        Column("target", _("目标"), asset, export=lambda one: one.target),
        Column("unit", _("归属单位"), lambda one: one.unit),
        Column("hits", _("命中"), hits_link, "number", export=lambda one: one.hits),
        Column("last", _("末次"), lambda one: one.last, "time", sort=("last",)),
        Column("assignee", _("处理人"), lambda one: one.assignee and one.assignee.person.name),
        Column("attack", _("攻击类别"), lambda one: attack_name(one.attack), shown=False),
        Column("first", _("首次"), lambda one: one.first, "time", shown=False),
        Column("raised", _("产生时间"), lambda one: one.raised, "time", sort=("raised",), shown=False),
        Column("delay", _("滞后秒数"), lambda one: round(one.delay, 1), "number", shown=False),
        Column("rule", _("规则"), lambda one: one.rule, "code", shown=False),
        Column("closed", _("关闭时间"), lambda one: one.closed, "time", shown=False),
    ),
    order=("-last",),
    search=("title", "target"),
    search_hint=_("名称、目标"),
    filters=(
        choice("level", _("级别"), [(str(value), title) for value, title in Alert.Level.choices]),
        choice("attack", _("攻击类别"), lambda _user: attack_options()),
        unit_filter(),
        Filter("assignee", _("处理人"), "choice", _assignee, _people),
        text("source", _("源地址"), "source__startswith"),
        day("since", _("末次不早于"), lambda on: Q(last__gte=_start(on))),
        day("until", _("首次不晚于"), lambda on: Q(first__lt=_start(on) + timedelta(days=1))),
        Filter("first_from", _("首次不早于"), "hidden", lambda value: Q(first__gte=moment(value))),
        Filter("first_to", _("首次不晚于"), "hidden", lambda value: Q(first__lt=moment(value, closing=True))),
        day("open_on", _("当日未关闭"), open_on, hidden=True),
        Filter("open", _("未关闭"), "hidden", lambda _value: Q(state__in=Alert.OPEN)),
        Filter("target", _("目标"), "hidden", lambda value: Q(target=value)),
        Filter("rule", _("规则"), "hidden", lambda value: Q(rule=value)),
        Filter("system", _("信息系统"), "hidden", lambda value: Q(system__code=value)),
        Filter("host", _("主机"), "hidden", _number("host")),
    ),
    states=States("state", Alert.State.choices),
    bulk=(
        Bulk(_("接手"), "detection:alerts_take", HANDLE, _("接手选中的 %s 条告警？"), "hand"),
        Bulk(_("批量研判"), "detection:alerts_together", HANDLE, "", "list-checks"),
    ),
    export="logs.export",
    empty=_("规则命中后，告警在一两秒内出现在这里。"),
    icon="siren",
    template="detection/alerts.html",
)


def alerts_url(**filters: object) -> str:
    """The queue, narrowed."""
    return f"{reverse('detection:alerts')}?{urlencode({name: str(value) for name, value in filters.items()})}"
