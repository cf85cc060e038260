"""封禁名单: the list, one block with everything known of it, putting addresses on the list."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from qingdun.access import policy
from qingdun.access.approvals import NotPossible
from qingdun.detection.models import Alert
from qingdun.operations import actions, shown
from qingdun.operations.core.guards import NotBlockable
from qingdun.operations.forms import BlockForm, ExtendForm, ReasonForm
from qingdun.operations.listings import BLOCKS
from qingdun.operations.listings.blocks import address_of, placement_mark, state_mark, term
from qingdun.operations.models import Block, Enforcer, Placement
from qingdun.operations.views import told
from qingdun.operations.views.acting import BLOCK, VIEW, may, me, require
from qingdun.web import lists

OPEN = (Block.State.PROPOSED, Block.State.WAITING)


def index(request: HttpRequest) -> HttpResponseBase:
    return lists.respond(request, BLOCKS)


def visible(request: HttpRequest, pk: int) -> Block:
    """One block, for whoever may see the list."""
    policy.require(request.user, VIEW)
    found = BLOCKS.rows(request.user).select_related("by__person", "ended_by__person", "alert__unit", "approval")
    return get_object_or_404(found, pk=pk)


@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    return render(request, "operations/block.html", page(request, visible(request, pk)))


def page(request: HttpRequest, block: Block, **forms: Any) -> dict[str, Any]:
    """What the page of one block shows; `forms` are those that came back with something wrong."""
    may_block = may(request, BLOCK)
    held = Placement.objects.filter(block=block).select_related("enforcer").order_by("enforcer__name")
    return {
        "blocked": block,
        "state": state_mark(block),
        "term": term(block),
        "facts": told.facts(block, request.user),
        "why": told.why(block),
        "lines": told.lines(block, request.user),
        "events": told.events(block, request.user),
        "placements": [(one, placement_mark(one)) for one in held],
        "others": Block.objects.over(block.first_key, block.last_key).exclude(pk=block.pk).order_by("-decided")[:8],
        "may_decide": may_block and block.state == Block.State.PROPOSED,
        "may_lift": may_block and block.state == Block.State.STANDING,
        "may_retry": may_block,
        "deciding": ReasonForm(prefix="deciding"),
        "lifting": ReasonForm(prefix="lifting"),
        "extending": ExtendForm(prefix="extending"),
        **forms,
    }


@require_http_methods(["GET", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """First what the guards say of each address and where it will stand; on yes, it is done."""
    require(request, BLOCK)
    given = {"addresses": request.GET.get("address", ""), "alert": request.GET.get("alert", "")}
    form = BlockForm(request.POST or None, initial={key: value for key, value in given.items() if value})
    looks: list[shown.Look] = []
    if form.is_valid():
        chosen = form.cleaned_data
        try:
            looks = shown.looks(chosen["addresses"], chosen["direction"], form.until)
            if request.POST.get("act") == "block":
                return _done(request, _block(request, form, [one.address for one in looks if not one.refused]))
        except (NotPossible, NotBlockable) as error:
            form.add_error(None, str(error))
    context = {
        "form": form,
        "looks": looks,
        "possible": sum(not one.refused for one in looks),
        "enforcers": shown.enforcers_for(form.cleaned_data["direction"]) if looks else [],
        "stop": shown.stop(),
        "any_device": Enforcer.objects.filter(on=True).exists(),
    }
    return render(request, "operations/block_new.html", context)


def _block(request: HttpRequest, form: BlockForm, possible: list[str]) -> list[Block]:
    """Raises NotBlockable, NotPossible, PermissionDenied."""
    if not possible:
        raise NotBlockable(_("这些地址都不能封禁。"))
    chosen = form.cleaned_data
    alert = Alert.objects.visible_to(request.user).filter(pk=chosen["alert"] or 0).first()
    return actions.block(
        possible,
        by=me(request),
        reason=chosen["reason"],
        direction=chosen["direction"],
        until=form.until,
        alert=alert,
    )


def _done(request: HttpRequest, made: list[Block]) -> HttpResponse:
    waiting = sum(one.state == Block.State.WAITING for one in made)
    standing = len(made) - waiting
    if standing:
        messages.success(request, ngettext("已封禁 %d 个地址。", "已封禁 %d 个地址。", standing) % standing)
    if waiting:
        words = ngettext("%d 个地址已提交第二人审批。", "%d 个地址已提交第二人审批。", waiting)
        messages.success(request, words % waiting)
    return redirect(address_of(made[0]) if len(made) == 1 else reverse("operations:blocks"))
