"""封禁设备: which devices carry the list, how each is reached, what should stand there and what does."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from qingdun.access import policy
from qingdun.operations import actions, shown
from qingdun.operations.devices import EnforcerForm
from qingdun.operations.forms import AnswerForm
from qingdun.operations.listings import ENFORCERS
from qingdun.operations.listings.blocks import placement_mark
from qingdun.operations.listings.enforcers import capacity, state_mark
from qingdun.operations.models import Enforcer, Placement
from qingdun.operations.views.acting import BLOCK, MANAGE, VIEW, may, me, require, submit
from qingdun.web import lists
from qingdun.web.details import Fact

SHOWN = 200  # placements on the page of a device; the rest is one click away in the list
WORK = (Placement.State.PENDING, Placement.State.LEAVING)
PULLED, BY_HAND = "feed", "work_order"  # what a kind's file calls its mechanism


def index(request: HttpRequest) -> HttpResponseBase:
    return lists.respond(request, ENFORCERS)


def visible(request: HttpRequest, pk: int) -> Any:
    policy.require(request.user, VIEW)
    return get_object_or_404(ENFORCERS.rows(request.user), pk=pk)


@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    return render(request, "operations/enforcer.html", page(request, visible(request, pk)))


def page(request: HttpRequest, enforcer: Any) -> dict[str, Any]:
    """What the page of one device shows."""
    kind = shown.kinds().found.get(enforcer.kind)
    mechanism = kind.mechanism if kind else ""
    held = enforcer.placements.exclude(state=Placement.State.GONE).select_related("block").order_by("-changed")
    return {
        "enforcer": enforcer,
        "state": state_mark(enforcer),
        "note": shown.note(kind) if kind else "",
        "unconfirmed": kind is not None and kind.status != "confirmed",
        "facts": _facts(enforcer),
        "settings": settings_of(enforcer, kind),
        "placements": [(one, placement_mark(one)) for one in held[:SHOWN]],
        "total": held.count(),
        "pulled": mechanism == PULLED,
        "by_hand": mechanism == BY_HAND,
        "orders": list(held.filter(state__in=WORK)[:SHOWN]) if mechanism == BY_HAND else [],
        "answering": AnswerForm(),
        "feed_url": request.build_absolute_uri(reverse("operations:feed", args=[1])),
        "host": request.get_host(),
        "form": str(enforcer.settings.get("form", "plain")),
        "may_manage": may(request, MANAGE),
        "may_block": may(request, BLOCK),
    }


def _facts(enforcer: Any) -> list[Fact]:
    return [
        Fact(_("接口"), shown.kind_name(enforcer.kind)),
        Fact(_("方向"), enforcer.get_directions_display()),
        Fact(_("启用"), enforcer.on),
        Fact(_("演练：只记录不下发"), enforcer.dry_run),
        Fact(_("已用 / 容量"), capacity(enforcer)),
        Fact(_("失败或被拒"), enforcer.failing),
        Fact(_("最近应答"), enforcer.reached),
        Fact(_("最近失败"), enforcer.failed),
        Fact(_("失败原因"), enforcer.failure, wide=True),
        Fact(_("最近核对"), enforcer.read_back),
        Fact(_("核对时的差异"), enforcer.drift),
    ]


def settings_of(enforcer: Enforcer, kind: Any) -> list[Fact]:
    """The kind's own settings; of a secret only the name of the environment variable that holds it."""
    if kind is None:
        return []
    fields = [Fact(shown.named(one), enforcer.settings.get(one.key, ""), code=True) for one in kind.fields]
    secrets = [
        Fact(_("%s（环境变量名）") % shown.named(one), enforcer.settings.get(one.key, ""), code=True)
        for one in kind.secrets
    ]
    return fields + secrets


@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    """Which interface; what is not confirmed by its maker's documents says so."""
    require(request, MANAGE)
    found = shown.kinds()
    told = {key: (shown.named(one), shown.note(one), one.status != "confirmed") for key, one in found.found.items()}
    return render(request, "operations/enforcer_kinds.html", {"kinds": told, "problem": found.problem})


@require_http_methods(["GET", "POST"])
def create(request: HttpRequest, kind: str) -> HttpResponse:
    require(request, MANAGE)
    found = shown.kinds().found.get(kind)
    if found is None:
        raise Http404(kind)
    form = EnforcerForm(request.POST or None, kind=found)

    def act() -> None:
        actions.add_enforcer(form.filled(Enforcer(kind=kind)), by=me(request))

    title = _("登记封禁设备：%s") % shown.named(found)
    return submit(request, form, act, title, reverse("operations:enforcers"), purpose=shown.note(found))


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    enforcer = visible(request, pk)
    require(request, MANAGE)
    kind = shown.kinds().found.get(enforcer.kind)
    if kind is None:
        raise Http404(enforcer.kind)
    form = EnforcerForm(request.POST or None, kind=kind, initial=EnforcerForm.of(enforcer))

    def act() -> None:
        actions.change_enforcer(form.filled(enforcer), by=me(request), reason=form.cleaned_data["reason"])

    return submit(request, form, act, _("编辑%s") % enforcer, reverse("operations:enforcer", args=[pk]))


@require_POST
def read_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask the device now what stands on it."""
    enforcer = visible(request, pk)
    require(request, BLOCK)
    actions.read_back(enforcer, by=me(request))
    messages.success(request, _("正在核对，结果稍后显示在这里。"))
    return redirect("operations:enforcer", pk=pk)


@never_cache
@require_POST
def token(request: HttpRequest, pk: int) -> HttpResponse:
    """Give the device a fresh key and show it this once; the one before stops working."""
    enforcer = visible(request, pk)
    require(request, MANAGE)
    try:
        clear = actions.new_token(enforcer, by=me(request))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("operations:enforcer", pk=pk)
    return render(request, "operations/enforcer.html", {**page(request, visible(request, pk)), "token": clear})
