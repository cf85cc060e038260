"""封禁策略: what blocks by itself, what each decided lately, trying one on the past, changing what it may do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.models import Count, Max, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from qingdun.access import policy as powers
from qingdun.operations import actions, policing, replays, shown
from qingdun.operations.forms import ModeForm, ReplayForm
from qingdun.operations.listings.blocks import state_mark
from qingdun.operations.models import Block, PolicySetting, Replay
from qingdun.operations.views.acting import MANAGE, VIEW, done, may, me, require
from qingdun.web.jobs import AlreadyRunning

NOTHING = {"total": 0, "standing": 0, "last": None}
LAST = 10  # decisions and replays on the page of a policy


@dataclass(frozen=True, slots=True)
class Row:
    """One policy and what it did."""

    key: str
    name: str
    mode: str
    mark: Any
    standing: int
    total: int
    last: datetime | None


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    powers.require(request.user, VIEW)
    context = {"rows": rows(), "problem": policing.policies().problem}
    return render(request, "operations/policies.html", context)


def rows() -> list[Row]:
    """Every policy with its mode and its decisions, in the order of their names."""
    counted: dict[str, dict[str, Any]] = {
        str(one["policy"]): dict(one)
        for one in Block.objects.filter(origin=Block.Origin.POLICY)
        .values("policy")
        .annotate(total=Count("pk"), standing=Count("pk", filter=Q(state=Block.State.STANDING)), last=Max("decided"))
        .order_by()
    }
    found = []
    for key, one in policing.policies().found.items():
        own: dict[str, Any] = counted.get(key, NOTHING)
        mode = policing.mode_of(one)
        row = Row(key, shown.named(one), mode, policing.mode_mark(mode), own["standing"], own["total"], own["last"])
        found.append(row)
    return found


def find(key: str) -> Any:
    """Raises Http404."""
    one = policing.policies().found.get(key)
    if one is None:
        raise Http404(key)
    return one


@require_safe
def detail(request: HttpRequest, key: str) -> HttpResponse:
    powers.require(request.user, VIEW)
    return render(request, "operations/policy.html", page(request, find(key)))


def page(request: HttpRequest, one: Any, **forms: Any) -> dict[str, Any]:
    """What the page of one policy shows; `forms` are those that came back with something wrong."""
    mode = policing.mode_of(one)
    latest = Block.objects.filter(policy=one.key, origin=Block.Origin.POLICY).order_by("-decided")[:LAST]
    tried = Replay.objects.filter(policy=one.key).select_related("by__person")[:LAST]
    return {
        "policy": one,
        "name": shown.named(one),
        "mark": policing.mode_mark(mode),
        "note": policing.note(one),
        "told": policing.told(one),
        "samples": policing.samples().get(one.key, []),
        "setting": PolicySetting.objects.filter(policy=one.key).select_related("by__person").first(),
        "blocks": [(block, state_mark(block)) for block in latest],
        "blocks_url": f"{reverse('operations:blocks')}?policy={one.key}",
        "replays": tried,
        "newest": next((replay for replay in tried if replay.done), None),
        "running": replays.running(one.key),
        "may_manage": may(request, MANAGE),
        "changing": ModeForm(initial={"mode": mode}),
        "trying": ReplayForm(),
        **forms,
    }


@require_POST
def mode(request: HttpRequest, key: str) -> HttpResponse:
    powers.require(request.user, VIEW)
    one, form = find(key), ModeForm(request.POST)
    require(request, MANAGE)
    given = form.data
    if done(form, lambda: actions.set_mode(key, given["mode"], by=me(request), reason=given["reason"])):
        messages.success(request, _("方式已变更。"))
        return redirect("operations:policy", key=key)
    return render(request, "operations/policy.html", page(request, one, changing=form))


@require_POST
def replay(request: HttpRequest, key: str) -> HttpResponse:
    powers.require(request.user, VIEW)
    one, form = find(key), ReplayForm(request.POST)
    require(request, MANAGE)
    try:
        if done(form, lambda: replays.ask(key, form.cleaned_data["days"], by=me(request))):
            messages.success(request, _("正在回放，结果稍后显示在这里。"))
            return redirect("operations:policy", key=key)
    except AlreadyRunning:
        messages.warning(request, _("这条策略正在回放。"))
        return redirect("operations:policy", key=key)
    return render(request, "operations/policy.html", page(request, one, trying=form))
