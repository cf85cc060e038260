"""The queue, one alert, and what a duty officer does with it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from qingdun.access import policy
from qingdun.access.models import Account
from qingdun.detection.actions import Done, become, judge, judge_many
from qingdun.detection.actions.alerts import HANDLE, TOGETHER
from qingdun.detection.alert_forms import JudgeForm, ReasonForm, people_for
from qingdun.detection.core.judging import Act, State, possible
from qingdun.detection.listings.alerts import ALERTS
from qingdun.detection.models import Alert
from qingdun.detection.outcomes import open_to
from qingdun.detection.views.alert_page import page
from qingdun.web import lists
from qingdun.web.forms import add_problems


def index(request: HttpRequest) -> HttpResponseBase:
    return lists.respond(request, ALERTS)


@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    return _shown(request, visible(request, pk))


@require_POST
def judged(request: HttpRequest, pk: int) -> HttpResponse:
    alert = visible(request, pk)
    policy.require(request.user, HANDLE, alert)
    form = _form(alert, request.POST)
    if form.is_valid():
        try:
            judge(alert, by=me(request), **form.chosen)
        except ValidationError as error:
            add_problems(form, error)
        else:
            messages.success(request, _("已保存。"))
            return redirect(alert.get_absolute_url())
    return _shown(request, alert, form=form)


@require_POST
def becoming(request: HttpRequest, pk: int) -> HttpResponse:
    """Make of the alert what a room above offers; leads to what was made."""
    alert = visible(request, pk)
    policy.require(request.user, HANDLE, alert)
    kind = request.POST.get("kind", "")
    if kind not in {one.kind for one in open_to(request.user, alert)}:
        raise Http404(kind)
    form = ReasonForm(request.POST)
    if form.is_valid():
        try:
            made = become(alert, kind, by=me(request), reason=form.cleaned_data["reason"])
        except ValidationError as error:
            add_problems(form, error)
        else:
            messages.success(request, _("已保存。"))
            return redirect(made.get_absolute_url())
    return _shown(request, alert, becoming=form)


@require_POST
def take(request: HttpRequest) -> HttpResponse:
    """Several become the reader's own."""
    policy.require(request.user, HANDLE)
    return _answered(request, judge_many(_keys(request), Act.TAKE, by=me(request)))


@require_POST
def together(request: HttpRequest) -> HttpResponse:
    """Several at once: first shown once more, then one step for all."""
    policy.require(request.user, HANDLE)
    keys = _keys(request)
    rows = list(ALERTS.rows(request.user).filter(pk__in=keys).select_related("unit").order_by("-level", "-last"))
    acts = tuple(act for act in Act if any(act in possible(State(row.state)) for row in rows))
    form = JudgeForm(request.POST if "act" in request.POST else None, people=people_for(None), acts=acts)
    if form.is_bound and form.is_valid():
        try:
            return _answered(request, judge_many(keys, by=me(request), **form.chosen))
        except ValidationError as error:
            add_problems(form, error)
    context = {"rows": rows, "form": form, "listing": ALERTS, "most": TOGETHER}
    return render(request, "detection/together.html", context)


def visible(request: HttpRequest, pk: int) -> Alert:
    """403 for who sees no alerts at all, 404 for those of others."""
    policy.require(request.user, "detection.view")
    return get_object_or_404(Alert.objects.visible_to(request.user).select_related(*ALERTS.related), pk=pk)


def me(request: HttpRequest) -> Account:
    assert isinstance(request.user, Account)  # the middleware lets nobody else in
    return request.user


def _form(alert: Alert, given: Any = None) -> JudgeForm:
    return JudgeForm(given, people=people_for(alert), acts=possible(State(alert.state)))


def _keys(request: HttpRequest) -> list[int]:
    found = [int(key) for key in request.POST.getlist("selected") if key.isdecimal() and len(key) < 19]
    return list(dict.fromkeys(found))[:TOGETHER]


def _answered(request: HttpRequest, done: Done) -> HttpResponse:
    words = ngettext("已处理 %d 条告警。", "已处理 %d 条告警。", done.changed) % done.changed
    if done.passed_over:
        passed = done.passed_over
        words += ngettext("%d 条状态已变，没有处理。", "%d 条状态已变，没有处理。", passed) % passed
    (messages.warning if done.passed_over else messages.success)(request, words)
    return redirect("detection:alerts")


def _shown(request: HttpRequest, alert: Alert, **forms: Any) -> HttpResponse:
    may_judge = policy.may(request.user, HANDLE, alert)
    context = {
        "thing": alert,
        "listing": ALERTS,
        "shown": page(alert, request.user),
        "may_judge": may_judge,
        "form": forms.get("form") or (_form(alert) if may_judge else None),
        "outcomes": open_to(request.user, alert) if may_judge else [],
        "becoming": forms.get("becoming") or ReasonForm(auto_id="become_%s"),
        "may_tune": policy.may(request.user, "detection.tune", policy.ROOT),
    }
    return render(request, "detection/alert.html", context)
