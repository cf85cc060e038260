"""Approvals: the three lists, one approval with everything that may be done to it, and many decided together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from qingdun.access import approvals
from qingdun.access.approvals import NotPossible
from qingdun.access.core.standing import State
from qingdun.access.models import Account, Approval
from qingdun.access.models.approvals import VERDICTS
from qingdun.powers import asking, shown
from qingdun.powers.forms import approvals as ours
from qingdun.powers.listings.approvals import DECIDED, INBOX, MINE
from qingdun.web import lists

MANY = 100  # decided together at most


@require_http_methods(["GET", "HEAD", "POST"])
def inbox(request: HttpRequest) -> HttpResponseBase:
    return lists.respond(request, INBOX)


@require_http_methods(["GET", "HEAD", "POST"])
def asked(request: HttpRequest) -> HttpResponseBase:
    return lists.respond(request, MINE)


@require_http_methods(["GET", "HEAD", "POST"])
def decided(request: HttpRequest) -> HttpResponseBase:
    return lists.respond(request, DECIDED)


@require_safe
def ask(request: HttpRequest) -> HttpResponse:
    """What this person may ask for."""
    return render(request, "powers/ask.html", {"forms": asking.forms(request.user)})


@require_safe
def approval(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, _visible(request, pk))


@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    one = _visible(request, pk)
    form = ours.DecisionForm(request.POST, reasons=one.read_rule().reasons)
    return _act(request, one, form, lambda: form.decide(one, me(request)))


@require_POST
def ask_supplement(request: HttpRequest, pk: int) -> HttpResponse:
    one = _visible(request, pk)
    form = ours.WantedForm(request.POST)
    return _act(
        request, one, form, lambda: approvals.ask_supplement(one, by=me(request), reason=form.cleaned_data["reason"])
    )


@require_POST
def supplement(request: HttpRequest, pk: int) -> HttpResponse:
    one = _visible(request, pk)
    form = ours.SupplyForm(request.POST)
    return _act(request, one, form, lambda: approvals.supplement(one, by=me(request), text=form.cleaned_data["text"]))


@require_POST
def extend(request: HttpRequest, pk: int) -> HttpResponse:
    one = _visible(request, pk)
    form = ours.ExtendForm(request.POST, approval=one)
    return _act(request, one, form, lambda: approvals.extend(one, by=me(request), **form.cleaned_data))


@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    one = _visible(request, pk)
    form = ours.WithdrawForm(request.POST)
    return _act(request, one, form, lambda: approvals.withdraw(one, by=me(request), **form.cleaned_data))


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one row decided together with others."""

    approval: Approval
    done: bool
    words: str


@require_POST
def together(request: HttpRequest) -> HttpResponse:
    """Many at once: first shown once more, then each decided in a transaction of its own, with a result for each."""
    keys = [int(key) for key in request.POST.getlist("selected")[:MANY] if key.isdecimal() and len(key) < 19]
    rows = list(INBOX.rows(request.user).filter(pk__in=keys).select_related(*INBOX.related).order_by("due", "pk"))
    rules = {row.digest: row.read_rule() for row in rows}
    same = next(iter(rules.values())).reasons if len(rules) == 1 else ()
    sent = "verdict" in request.POST
    form = ours.DecisionForm(request.POST if sent else None, reasons=same)
    context = {"rows": rows, "form": form, "too_many": len(request.POST.getlist("selected")) > MANY}
    if sent and form.is_valid():
        results = [_one_of_many(request, row, form) for row in rows]
        return render(request, "powers/together_done.html", {"results": results})
    return render(request, "powers/together.html", context)


def _one_of_many(request: HttpRequest, row: Approval, form: ours.DecisionForm) -> Result:
    try:
        now = form.decide(row, me(request))
    except (NotPossible, PermissionDenied) as error:
        return Result(row, False, str(error))
    return Result(now, True, _outcome(now, form.verdict))


def me(request: HttpRequest) -> Account:
    return cast(Account, request.user)


def _visible(request: HttpRequest, pk: int) -> Approval:
    related = ("requester_person__unit", "unit", "desk", "earlier")
    return get_object_or_404(Approval.objects.visible_to(request.user).select_related(*related), pk=pk)


def _act(request: HttpRequest, one: Approval, form: Form, do: Callable[[], Approval]) -> HttpResponse:
    """Do it, or show the page again with what was typed and why it was refused."""
    if not form.is_valid():
        return _page(request, one, form)
    try:
        now = do()
    except NotPossible as error:
        return _page(request, _visible(request, one.pk), form, str(error))
    messages.success(request, _outcome(now, request.POST.get("verdict", "")))
    visible = Approval.objects.visible_to(request.user).filter(pk=now.pk).exists()
    return redirect(now.get_absolute_url() if visible else "powers:inbox")


def _outcome(now: Approval, verdict: str) -> str:
    """What has happened, in a sentence."""
    if verdict and now.state == State.WAITING:
        return _("已同意，转入“%s”。") % shown.step_title(now)
    if verdict:
        return _("已办结：%s。") % dict(VERDICTS)[verdict]  # type: ignore[index]
    return _("已记录。")


def _page(request: HttpRequest, one: Approval, form: Form | None = None, problem: str = "") -> HttpResponse:
    """The whole page; `form` is the one that was sent, with its faults."""
    if form is not None and problem:
        form.is_valid()
        form.add_error(None, problem)
    return render(request, "powers/approval.html", shown.context(one, me(request), form))
