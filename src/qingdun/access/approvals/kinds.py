"""What agreed requests about power do, and what their deciders are shown.

Whatever changed since the request was put is asked again here; what is refused undoes the last decision with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from functools import wraps
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from qingdun.access import actions
from qingdun.access.actions import NotLawful
from qingdun.access.actions.grants import title_of
from qingdun.access.approvals.registry import Line, NotPossible, carries_out, describes
from qingdun.access.models import Account, Approval, Grant, Person, Unit
from qingdun.access.permissions import all_permissions
from qingdun.access.roster import roles

Carry = Callable[[Approval], None]


def _in_words(carry: Carry) -> Carry:
    """What the rules refuse is said to the decider."""

    @wraps(carry)
    def carried(approval: Approval) -> None:
        try:
            carry(approval)
        except NotLawful as refused:
            raise NotPossible(str(refused)) from None

    return carried


@carries_out("access.role")
@_in_words
def give_role(approval: Approval) -> None:
    """The grant, from today at the earliest, by whoever decided last."""
    asked, by = approval.asked, _deciders(approval)[-1]
    starts = max(date.fromisoformat(asked["starts"]), timezone.localdate())
    ends = date.fromisoformat(asked["ends"])
    if ends < starts:
        raise NotPossible(_("申请的期限已过，请退回重提"))
    actions.grant(_account(asked), asked["role"], _unit(asked), starts, ends, by=by, reason=_why(approval))


@carries_out("access.account")
@_in_words
def open_account(approval: Approval) -> None:
    """The person and the account; its first password is issued from its page."""
    asked, by = approval.asked, _deciders(approval)[-1]
    if Account.objects.filter(username=asked["username"]).exists():
        raise NotPossible(_("账号 %s 已经有了") % asked["username"])
    person = Person(name=asked["name"], unit=_unit(asked), post=asked["post"], joined=timezone.localdate())
    actions.create_account(asked["username"], actions.register_person(person, by=by), None, by=by)


@carries_out("access.appoint")
@_in_words
def appoint(approval: Approval) -> None:
    asked = approval.asked
    actions.appoint(_account(asked), asked["role"], by=_two(approval), reason=_why(approval))


@carries_out("access.remove_officer")
@_in_words
def remove_officer(approval: Approval) -> None:
    held = Grant.objects.select_related("account__person", "unit").filter(pk=approval.asked["grant"]).first()
    if held is None:
        raise NotPossible(_("这项授权已经终止"))
    actions.dismiss(held, by=_two(approval), reason=_why(approval))


@carries_out("access.reset")
@_in_words
def allow_reset(approval: Approval) -> None:
    actions.allow_password(_account(approval.asked), by=_deciders(approval)[-1], reason=_why(approval))


@carries_out("access.factor_reset")
@_in_words
def clear_factors(approval: Approval) -> None:
    actions.reset_factors(_account(approval.asked), by=_deciders(approval)[-1], reason=_why(approval))


@carries_out("access.emergency")
@_in_words
def start_emergency(approval: Approval) -> None:
    asked = approval.asked
    power = asked.get("role") or asked["permission"]
    actions.start_emergency(
        _account(asked), power, _unit(asked), asked["minutes"], by=_two(approval), reason=_why(approval)
    )


@describes("access.role")
def of_role(approval: Approval) -> Iterable[Line]:
    asked = approval.asked
    yield _("角色"), title_of(asked["role"]), ""
    yield _("范围"), _unit_name(asked), ""
    yield _("期限"), _("%(starts)s 至 %(ends)s") % asked, ""
    if "renews" in asked:
        yield _("续期"), _("接续现有授权"), ""
    yield from _holder(asked)


@describes("access.account")
def of_account(approval: Approval) -> Iterable[Line]:
    asked = approval.asked
    yield _("姓名"), asked["name"], ""
    yield _("账号"), asked["username"], ""
    yield _("单位"), _unit_name(asked), ""
    yield _("职务"), asked["post"], ""


@describes("access.appoint")
@describes("access.remove_officer")
@describes("access.reset")
def of_office(approval: Approval) -> Iterable[Line]:
    yield _("岗位"), title_of(approval.asked["role"]), ""
    yield from _holder(approval.asked)


@describes("access.factor_reset")
def of_factors(approval: Approval) -> Iterable[Line]:
    yield _("账号"), approval.asked["username"], ""
    yield from _holder(approval.asked)


@describes("access.emergency")
def of_emergency(approval: Approval) -> Iterable[Line]:
    asked = approval.asked
    power = asked.get("role") or asked["permission"]
    yield _("权限"), title_of(power) if power in roles() else _(all_permissions().get(power, power)), ""
    yield _("范围"), _unit_name(asked), ""
    yield _("时长"), _("%s 分钟，批准即开始") % asked["minutes"], ""
    yield from _holder(asked)


def _holder(asked: dict[str, Any]) -> Iterable[Line]:
    """Who is to have it, and what the person holds already."""
    account = _account(asked)
    today = timezone.localdate()
    held = Grant.objects.filter(account__person=account.person_id).standing(today).select_related("unit")
    yield _("账号"), account.username, ""
    yield _("人员"), f"{account.person}（{account.person.unit}）", ""
    yield _("已持有"), "；".join(f"{one.title}（{one.unit}）" for one in held) or _("没有角色"), ""


def _account(asked: dict[str, Any]) -> Account:
    return Account.objects.select_related("person__unit").get(pk=asked["account"])


def _unit(asked: dict[str, Any]) -> Unit:
    found = Unit.objects.filter(code=asked["unit"]).first()
    if found is None:
        raise NotPossible(_("没有代码为 %s 的单位") % asked["unit"])
    return found


def _unit_name(asked: dict[str, Any]) -> str:
    found = Unit.objects.filter(code=asked["unit"]).first()
    return str(found or asked["unit"])


def _deciders(approval: Approval) -> list[Account]:
    """Those whose power agreed, in order: of a delegated decision the delegator."""
    rows = approval.decisions.filter(verdict="agree").order_by("pk").select_related("by__person", "on_behalf__person")
    return [row.on_behalf or row.by for row in rows]


def _two(approval: Approval) -> tuple[Account, Account]:
    by = _deciders(approval)
    if len(by) < 2:
        raise NotPossible(_("须由两人同意"))
    return by[-2], by[-1]


def _why(approval: Approval) -> str:
    return f"{_('审批')} {approval.pk}：{approval.reason}"
