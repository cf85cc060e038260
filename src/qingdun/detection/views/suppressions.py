"""抑制: the list, a new one from an alert or as text, one with its measured effect."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from qingdun.access import policy
from qingdun.detection.actions import suppressions as actions
from qingdun.detection.alert_forms import ReasonForm, SuppressionForm
from qingdun.detection.core import suppressing
from qingdun.detection.evidence import address
from qingdun.detection.library import documents
from qingdun.detection.listings.alerts import alerts_url
from qingdun.detection.listings.suppressions import SUPPRESSIONS, state_mark
from qingdun.detection.models import Alert, Suppression
from qingdun.detection.views.alerts import me
from qingdun.web import jobs, lists
from qingdun.web.details import Fact
from qingdun.web.forms import add_problems
from qingdun.web.jobpage import Told
from qingdun.web.models import JobRun

TERM = timedelta(days=90)  # offered


def index(request: HttpRequest) -> HttpResponseBase:
    return lists.respond(request, SUPPRESSIONS)


@require_http_methods(["GET", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """`?alert=12&field=source.ip&value=…` begins the document from an alert."""
    policy.require(request.user, actions.TUNE, policy.ROOT)
    alert = _alert(request)
    initial = {"until": timezone.localdate() + TERM, "days": 7, "text": _begun(request, alert)}
    form = SuppressionForm(request.POST or None, initial=initial)
    if form.is_valid():
        try:
            made = actions.draft(by=me(request), alert=alert, **form.cleaned_data)
        except ValidationError as error:
            add_problems(form, error)
        else:
            messages.success(request, _("已开始回放，量出效果后再决定是否生效。"))
            return redirect(made.get_absolute_url())
    back = alert.get_absolute_url() if alert else reverse("detection:suppressions")
    context = {"form": form, "title": _("抑制告警"), "cancel": back, "alert": alert, "listing": SUPPRESSIONS}
    return render(request, "detection/suppression_new.html", context)


@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    return _shown(request, visible(request, pk))


@require_POST
def measure(request: HttpRequest, pk: int) -> HttpResponse:
    found = tunable(request, pk)
    return _acted(request, found, lambda: actions.measure(found, by=me(request)), _("已开始回放。"))


@require_POST
def begin(request: HttpRequest, pk: int) -> HttpResponse:
    found = tunable(request, pk)
    return _acted(request, found, lambda: actions.begin(found, by=me(request)), _("已生效，几秒内起作用。"))


@require_POST
def end(request: HttpRequest, pk: int) -> HttpResponse:
    found = tunable(request, pk)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _shown(request, found, form)
    reason = form.cleaned_data["reason"]
    return _acted(request, found, lambda: actions.end(found, by=me(request), reason=reason), _("已结束。"))


def visible(request: HttpRequest, pk: int) -> Suppression:
    """403 for who does not see the whole city's."""
    policy.require(request.user, "detection.view", policy.ROOT)
    return get_object_or_404(Suppression.objects.select_related("owner__person", "alert"), pk=pk)


def tunable(request: HttpRequest, pk: int) -> Suppression:
    policy.require(request.user, actions.TUNE, policy.ROOT)
    return get_object_or_404(Suppression.objects.select_related("owner__person", "alert"), pk=pk)


def _acted(request: HttpRequest, found: Suppression, act: Callable[[], object], said: str) -> HttpResponse:
    try:
        act()
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, said)
    return redirect(found.get_absolute_url())


def _alert(request: HttpRequest) -> Alert | None:
    """The alert it begins from, as far as the reader may see it."""
    key = request.GET.get("alert", "")
    if not key.isdecimal() or len(key) > 18:
        return None
    return Alert.objects.visible_to(request.user).filter(pk=int(key)).first()


def _begun(request: HttpRequest, alert: Alert | None) -> str:
    if alert is None:
        return ""
    rules = suppressing.concerned(alert.rule, documents())
    field, value = request.GET.get("field", ""), request.GET.get("value", "")[:500]
    if not rules or not field or not value:
        return ""
    title = _("不再为 %(what)s 告警：%(title)s") % {"what": value[:60], "title": alert.title}
    return suppressing.begun(title[:200], str(uuid.uuid4()), rules, fields_of(field, value), value)


def fields_of(field: str, value: str) -> list[str]:
    """Where a value of an alert stands in events: a target that is no address is a domain or a host."""
    if field != "target":
        return [field]
    return ["destination.ip"] if address(value) else ["url.domain", "host.name"]


def _shown(request: HttpRequest, found: Suppression, form: Any = None) -> HttpResponse:
    run = JobRun.objects.filter(key=actions.REPLAY, about=str(found.pk)).order_by("-pk").first()
    measuring = run is not None and run.is_active
    may_tune = policy.may(request.user, actions.TUNE, policy.ROOT)
    context = {
        "thing": found,
        "listing": SUPPRESSIONS,
        "state": state_mark(found),
        "facts": _facts(found),
        "effect": _effect(found),
        "may_search": policy.may(request.user, "logs.search"),
        "told": Told(jobs.seen(run), _("回放")) if run is not None else None,
        "measuring": measuring,
        "failed": run is not None and not measuring and run.state in (JobRun.State.FAILED, JobRun.State.LOST),
        "may_begin": may_tune and found.state == Suppression.State.DRAFT and found.effect and not measuring,
        "may_measure": may_tune and found.state == Suppression.State.DRAFT and not measuring,
        "may_end": may_tune and found.state != Suppression.State.ENDED,
        "form": form or ReasonForm(),
    }
    part = bool(request.htmx)  # type: ignore[attr-defined]
    return render(request, "detection/parts/effect.html" if part else "detection/suppression.html", context)


def _facts(found: Suppression) -> list[Fact]:
    alert = found.alert
    facts = [
        Fact(_("负责人"), found.owner.person.name),
        Fact(_("提出时间"), found.made),
        Fact(_("生效时间"), found.began),
        Fact(_("有效至"), found.until),
        Fact(_("来自告警"), alert, href=alert.get_absolute_url() if alert else ""),
        Fact(_("结束时间"), found.ended),
        Fact(_("结束人"), found.ended_by),
        Fact(_("结束原因"), found.end_reason),
        Fact(_("理由"), found.reason, wide=True),
    ]
    return [fact for fact in facts if fact.value]


def _effect(found: Suppression) -> dict[str, Any] | None:
    """The measured effect with times as values and a link for each rule."""
    if not found.effect:
        return None
    told = dict(found.effect)
    told |= {name: datetime.fromisoformat(told[name]) for name in ("since", "until")}
    told["rules"] = [{**one, "url": alerts_url(rule=one["id"])} for one in told["rules"]]
    told["samples"] = [{**one, "at": datetime.fromisoformat(one["at"])} for one in told["samples"]]
    return told
