"""One approval as a page shows it: facts, steps, history, and the forms this reader may send."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from qingdun.access import approvals
from qingdun.access.approvals.actions import may_extend
from qingdun.access.approvals.desks import holder_of
from qingdun.access.core.standing import State
from qingdun.access.models import Account, Approval, ApprovalEvent, Decision
from qingdun.access.models.approvals import VERDICTS
from qingdun.access.roster import roles
from qingdun.powers import asking
from qingdun.powers.forms import approvals as ours
from qingdun.powers.listings.approvals import clock, kind_of, state_mark
from qingdun.web.details import Event, Fact, Step

NAMED = 3  # of those who may decide, the rest are counted


def context(one: Approval, user: Account, sent: forms.Form | None) -> dict[str, Any]:
    """`sent` is the form that came with the request, with its faults; it stands in the place of its empty one."""
    return {
        "approval": one,
        "kind": kind_of(one),
        "state": state_mark(one),
        "clock": clock(one),
        "facts": facts(one),
        "terms": _terms(one),
        "steps": _steps(one),
        "events": _events(one),
        "waits_for": _waits_for(one),
        **_forms(one, user, sent),
    }


def facts(one: Approval) -> list[Fact]:
    """What is asked for, as its room describes it, and for whom."""
    told = [Fact(label, value, href=href) for label, value, href in approvals.describe(one)]
    people = "、".join(str(each.person) for each in one.beneficiaries.select_related("person"))
    own = [
        Fact(_("申请人"), one.requester_person),
        Fact(_("申请人单位"), one.requester_person.unit),
        Fact(_("归属单位"), one.unit),
    ]
    own += [Fact(_("受益人"), people)] if people else []
    own += [Fact(_("原申请"), one.earlier, href=one.earlier.get_absolute_url())] if one.earlier else []
    return [*told, *own, Fact(_("申请理由"), one.reason, wide=True)]


def step_title(one: Approval) -> str:
    return one.here.title(get_language())


def _terms(one: Approval) -> list[Fact]:
    """By which rule: the version is the one in force on the day it was asked for."""
    rule = one.read_rule()
    return [
        Fact(_("流程"), rule.title(get_language())),
        Fact(_("依据"), rule.basis),
        Fact(_("规则生效日"), rule.valid_from),
        Fact(_("规则摘要"), one.digest[:16], code=True),
    ]


def _steps(one: Approval) -> list[Step]:
    stopped = one.state not in (State.WAITING, State.SUPPLEMENT, State.AGREED)
    titles = [step.title(get_language()) for step in one.read_rule().steps]
    if one.state == State.AGREED:
        return [Step(title, "done") for title in titles]
    return [
        Step(title, "done" if place < one.step else "current" if place == one.step and not stopped else "ahead")
        for place, title in enumerate(titles)
    ]


def _waits_for(one: Approval) -> str:
    """Who can decide it now, by name."""
    if one.state == State.SUPPLEMENT:
        return str(one.requester_person)
    if one.state != State.WAITING:
        return ""
    people = list(dict.fromkeys(str(account.person) for account in approvals.candidates(one)))
    if not people:
        return _("目前无人可审，请联系系统管理员")
    more = _("等 %d 人") % len(people) if len(people) > NAMED else ""
    return "、".join(people[:NAMED]) + more


def _events(one: Approval) -> list[Event]:
    """Everything that happened, the newest first."""
    told = [*_decided(one), *_happened(one)]
    return sorted(told, key=lambda event: event.at or one.created, reverse=True)


def _decided(one: Approval) -> Iterator[Event]:
    language, rule = get_language(), one.read_rule()
    for row in one.decisions.select_related("person", "behalf_person"):
        title = f"{rule.steps[row.step].title(language)}：{dict(VERDICTS)[row.verdict]}"  # type: ignore[index]
        yield Event(title, row.at, _decider(row), _words(row, rule.reason(row.code)))


def _decider(row: Decision) -> str:
    role = roles().get(row.role)
    hat = role.title(get_language()) if role else ""
    behalf = _("受%s委托") % row.behalf_person if row.behalf_person else ""
    return " · ".join(part for part in (str(row.person), behalf, hat) if part)


def _words(row: Decision, reason: Any) -> str:
    code = reason.title(get_language()) if reason else ""
    return "：".join(part for part in (code, row.reason) if part)


def _happened(one: Approval) -> Iterator[Event]:
    titles = dict(ApprovalEvent.What.choices)
    for row in one.events.select_related("by__person"):
        text = "" if row.what == ApprovalEvent.What.ASKED else row.text
        yield Event(titles[row.what], row.at, str(row.by.person) if row.by else _("平台"), text)


def _forms(one: Approval, user: Account, sent: forms.Form | None) -> dict[str, Any]:
    """The forms that may be sent from here; one that may not is absent."""
    found: dict[str, Any] = {}
    holder = holder_of(one, user) if one.state == State.WAITING else None
    own = one.requester_person_id == user.person_id
    if holder is not None:
        found["decide"] = ours.DecisionForm(reasons=one.read_rule().reasons)
        found["behalf"] = holder.person if holder.pk != user.pk else None
        if not one.supplemented:
            found["wanted"] = ours.WantedForm()
    if one.state == State.WAITING and not one.extended and may_extend(one, user):
        found["extend"] = ours.ExtendForm(approval=one)
    if own and one.state == State.SUPPLEMENT:
        found["supply"] = ours.SupplyForm()
    if own and one.standing.open:
        found["withdraw"] = ours.WithdrawForm()
    if own and one.state == State.RETURNED and not one.later.exists():
        found["again"] = asking.again(one, user)
    if sent is not None:
        found[str(sent.prefix)] = sent
    return found | {"later": one.later.first(), "back": reverse("powers:inbox" if holder else "powers:asked")}
