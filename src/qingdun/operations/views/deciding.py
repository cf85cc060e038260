"""What may be done with blocks that stand on the list: accept, refuse, unblock, extend, try again; one or many."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from qingdun.access.approvals import NotPossible
from qingdun.operations import actions
from qingdun.operations.core.guards import NotBlockable
from qingdun.operations.forms import AnswerForm, ExtendForm, ReasonForm
from qingdun.operations.listings.blocks import BLOCKS, address_of
from qingdun.operations.models import Block, Placement
from qingdun.operations.views.acting import BLOCK, done, me, require
from qingdun.operations.views.blocks import page, visible

MANY = 200


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that can be done to a block with a reason. `asks`: the states in which it is possible."""

    key: str
    title: str | Promise
    purpose: str | Promise
    said: str | Promise
    asks: tuple[str, ...]
    do: Callable[..., Any]
    prefix: str
    needs_reason: bool = True


ACTS = {
    "accept": Act(
        "accept",
        gettext_lazy("采纳候选"),
        gettext_lazy("采纳后立即下发到设备；大范围或长期的转第二人审批。"),
        gettext_lazy("已采纳。"),
        (Block.State.PROPOSED,),
        lambda block, by, reason: actions.accept(block, by=by, reason=reason),
        "deciding",
        needs_reason=False,
    ),
    "refuse": Act(
        "refuse",
        gettext_lazy("拒绝候选"),
        gettext_lazy("不封禁这些地址，理由记入名单。"),
        gettext_lazy("已拒绝。"),
        (Block.State.PROPOSED,),
        lambda block, by, reason: actions.refuse(block, by=by, reason=reason),
        "deciding",
    ),
    "lift": Act(
        "lift",
        gettext_lazy("解封"),
        gettext_lazy("立即从各台设备撤下，理由记入名单。"),
        gettext_lazy("已解封，正在从设备撤下。"),
        (Block.State.STANDING,),
        lambda block, by, reason: actions.lift(block, by=by, reason=reason),
        "lifting",
    ),
}


@require_POST
def one(request: HttpRequest, pk: int, key: str) -> HttpResponse:
    """Accept, refuse or unblock one block from its page."""
    block, act = visible(request, pk), ACTS[key]
    require(request, BLOCK)
    form = ReasonForm(request.POST, prefix=act.prefix)
    form.fields["reason"].required = act.needs_reason
    if done(form, lambda: act.do(block, me(request), form.cleaned_data["reason"])):
        messages.success(request, str(act.said))
        return redirect(address_of(block))
    return render(request, "operations/block.html", page(request, visible(request, pk), **{act.prefix: form}))


@require_POST
def extend(request: HttpRequest, pk: int) -> HttpResponse:
    block = visible(request, pk)
    require(request, BLOCK)
    form = ExtendForm(request.POST, prefix="extending")
    if done(form, lambda: actions.extend(block, form.until, by=me(request), reason=form.cleaned_data["reason"])):
        messages.success(request, _("期限已变更。"))
        return redirect(address_of(block))
    return render(request, "operations/block.html", page(request, visible(request, pk), extending=form))


@require_POST
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Tell the device again, now."""
    require(request, BLOCK)
    held = get_object_or_404(Placement.objects.select_related("block"), pk=pk)
    actions.retry(held, by=me(request))
    messages.success(request, _("已排入下发。"))
    return redirect(address_of(held.block))


@require_POST
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """The result of a work order that was carried out by hand."""
    require(request, BLOCK)
    held = get_object_or_404(Placement.objects.select_related("enforcer"), pk=pk)
    form = AnswerForm(request.POST)
    if done(form, lambda: actions.answer(held, form.cleaned_data["done"], form.cleaned_data["text"], by=me(request))):
        messages.success(request, _("结果已登记。"))
    else:
        messages.error(request, " ".join(str(words) for faults in form.errors.values() for words in faults))
    return redirect("operations:enforcer", pk=held.enforcer_id)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one block decided together with others."""

    block: Block
    done: bool
    words: str


@require_POST
def together(request: HttpRequest, key: str) -> HttpResponse:
    """Many at once: first shown once more, then each in a transaction of its own, with a result for each."""
    require(request, BLOCK)
    act, selected = ACTS[key], request.POST.getlist("selected")
    keys = [int(one) for one in selected[:MANY] if one.isdecimal() and len(one) < 19]
    found = list(BLOCKS.rows(request.user).filter(pk__in=keys, state__in=act.asks).order_by("first_key"))
    sent = request.POST.get("act") == key
    form = ReasonForm(request.POST if sent else None)
    form.fields["reason"].required = act.needs_reason
    if sent and form.is_valid():
        reason = form.cleaned_data["reason"]
        results = [_one_of_many(block, act, request, reason) for block in found]
        return render(request, "operations/together_done.html", {"results": results, "act": act})
    left = len(selected) - len(found)
    return render(request, "operations/together.html", {"rows": found, "form": form, "act": act, "left": left})


def _one_of_many(block: Block, act: Act, request: HttpRequest, reason: str) -> Result:
    try:
        act.do(block, me(request), reason)
    except (NotPossible, NotBlockable, PermissionDenied) as error:
        return Result(block, False, str(error))
    return Result(block, True, str(act.said))
