"""检测规则: all of them, what is refused, one of them, and what may be changed."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from qingdun.access import policy
from qingdun.detection import rulebook
from qingdun.detection.actions import rules as actions
from qingdun.detection.core.rules import Correlation
from qingdun.detection.listings.alerts import alerts_url
from qingdun.detection.models import Alert, RuleSwitch
from qingdun.detection.rulebook import Line
from qingdun.detection.techniques import technique_name
from qingdun.detection.views.alerts import me
from qingdun.detection.wording import attack_name, attack_options
from qingdun.web.core.paging import Page

VIEW = "detection.view"
SIZE = 50
STATES = ("on", "off", "resting", "never")


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The rules that can be used, filtered; the refused files in their own tab."""
    policy.require(request.user, VIEW)
    refused = rulebook.refused()
    asked = {name: request.GET.get(name, "").strip()[:100] for name in ("q", "level", "attack", "own", "state")}
    found = [one for one in rulebook.lines(request.user, timezone.now()) if _wanted(one, asked)]
    number = request.GET.get("page", "")
    page = Page.of(int(number) if number.isascii() and number.isdigit() and len(number) < 6 else 1, SIZE, len(found))
    context = {
        "rows": [
            (one, attack_name(one.entry.attack) if one.entry.attack else "") for one in found[page.start : page.stop]
        ],
        "page": page,
        "turns": _turns(page, asked),
        "asked": asked,
        "levels": [(str(value), title) for value, title in Alert.Level.choices],
        "attacks": attack_options(),
        "states": [(key, _state(key)) for key in STATES],
        "refused": refused,
        "tab": "refused" if request.GET.get("tab") == "refused" else "rules",
        "language": get_language(),
        "may_tune": policy.may(request.user, actions.TUNE, policy.ROOT),
        "days": rulebook.DAYS,
    }
    return render(request, "detection/rules.html", context)


def _wanted(one: Line, asked: dict[str, str]) -> bool:
    entry = one.entry
    heap = f"{entry.title} {entry.title_en} {entry.id} {entry.group} {one.source} {' '.join(entry.techniques)}".lower()
    return (
        all(word in heap for word in asked["q"].lower().split())
        and asked["level"] in ("", str(entry.level))
        and asked["attack"] in ("", entry.attack)
        and asked["own"] in ("", "own" if entry.own else "city")
        and asked["state"] in ("", one.status)
    )


def _turns(page: Page, asked: dict[str, str]) -> dict[str, str]:
    def address(number: int | None) -> str:
        given = {name: value for name, value in asked.items() if value}
        return "?" + urlencode({**given, "page": number}) if number else ""

    first, last = (1 if page.previous else None), (page.count if page.next else None)
    return {
        "first": address(first),
        "previous": address(page.previous),
        "next": address(page.next),
        "last": address(last),
    }


def _state(key: str) -> str:
    return {"on": _("启用"), "off": _("已停用"), "resting": _("已隔离"), "never": _("不可能命中")}[key]


@require_safe
def detail(request: HttpRequest, rule: str) -> HttpResponse:
    """What it looks for, what it found, what it costs, where it can fire."""
    policy.require(request.user, VIEW)
    one = _one(request, rule)
    entry = one.entry
    alerts = Alert.objects.visible_to(request.user).filter(rule=entry.id)
    language = get_language()
    context = {
        "one": one,
        "entry": entry,
        "title": entry.shown(language),
        "next": entry.next_en if language == "en" and entry.next_en else entry.next,
        "attack": attack_name(entry.attack) if entry.attack else "",
        "level": dict(Alert.Level.choices)[entry.level],
        "techniques": [(number, technique_name(number)) for number in entry.techniques],
        "state": _state(one.status),
        "reach": list(rulebook.reach(one.document)),
        "base": one.document.rules if isinstance(one.document, Correlation) else (),
        "alerts": alerts.order_by("-last")[:8],
        "alerts_url": alerts_url(rule=entry.id),
        "history": RuleSwitch.objects.filter(rule=entry.id).select_related("by__person", "ended_by__person")[:20],
        "may_tune": policy.may(request.user, actions.TUNE, policy.ROOT),
        "removable": actions.removable(entry),
        "days": rulebook.DAYS,
    }
    return render(request, "detection/rule.html", context)


@require_POST
def change(request: HttpRequest, rule: str) -> HttpResponse:
    """Off, on, awake or gone, each with its reason."""
    policy.require(request.user, actions.TUNE, policy.ROOT)
    one, by, reason = _one(request, rule), me(request), request.POST.get("reason", "")
    act = request.POST.get("act", "")
    try:
        match act:
            case "off":
                actions.switch_off(one.entry.id, by=by, reason=reason, until=_until(request.POST.get("until", "")))
                messages.success(request, _("已停用，几秒内生效。"))
            case "on":
                actions.switch_on(one.entry.id, by=by, reason=reason)
                messages.success(request, _("已恢复，几秒内生效。"))
            case "wake":
                actions.wake(one.entry.id, by=by, reason=reason)
                messages.success(request, _("已解除隔离；再次超时会再次隔离。"))
            case "remove":
                actions.remove_rule(one.entry.id, by=by, reason=reason)
                messages.success(request, _("规则已删除。"))
                return redirect("detection:rules")
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("detection:rule", rule=one.entry.id)


@require_http_methods(["GET", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """Pasted Sigma text becomes a rule of the city, when nothing of it is refused."""
    policy.require(request.user, actions.TUNE, policy.ROOT)
    text, problems = request.POST.get("text", "")[: actions.LARGEST + 1], []
    if request.method == "POST":
        try:
            if request.POST.get("act") == "check":
                found = actions.checked(text)
                messages.success(request, _("可以使用：%s") % "、".join(one.title for one in found))
            else:
                found = actions.save_rule(text, by=me(request), reason=request.POST.get("reason", ""))
                messages.success(request, _("规则已保存，几秒内生效。"))
                return redirect("detection:rule", rule=found[0].id)
        except ValidationError as error:
            problems = error.messages
    context = {"text": text, "problems": problems, "reason": request.POST.get("reason", "")}
    return render(request, "detection/rule_new.html", context)


def _one(request: HttpRequest, rule: str) -> Line:
    found = rulebook.line(rule, request.user, timezone.now())
    if found is None:
        raise Http404
    return found


def _until(text: str) -> datetime | None:
    """The end of the day written so; none when nothing is written. Raises ValidationError."""
    if not text:
        return None
    try:
        day: Any = parse_date(text)
    except ValueError:
        day = None
    if day is None:
        raise ValidationError(_("“%s”不是日期，请写成 2026-01-31 这样。") % text)
    return timezone.make_aware(datetime.combine(day, time(23, 59, 59)))
