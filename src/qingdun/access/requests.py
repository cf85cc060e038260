"""What people ask for about power: each checks the rules first, so that nothing unlawful is ever put on a desk.

The rules are asked again when the last decider agrees (`approvals.kinds`): much may have changed meanwhile.
"""

from __future__ import annotations

from datetime import date

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from qingdun.access import approvals, factors, policy
from qingdun.access.actions.accounts import offices_of
from qingdun.access.actions.emergencies import refuse_emergency
from qingdun.access.actions.grants import NotLawful, refuse_unlawful, title_of
from qingdun.access.core.roles import OFFICES
from qingdun.access.models import Account, Approval, Grant, Unit
from qingdun.access.permissions import all_permissions
from qingdun.access.roster import roles


@transaction.atomic
def ask_role(
    account: Account,
    role: str,
    unit: Unit,
    ends: date,
    *,
    by: Account,
    reason: str,
    renews: Grant | None = None,
    earlier: Approval | None = None,
) -> Approval:
    """Ask for a role, for oneself or (heads of unit, makers of accounts) for somebody of the own people.

    `renews`: the grant that is to go on; the new one begins the day after it. Raises NotLawful, PermissionDenied.
    """
    _refuse_for_others(account, by)
    if role in OFFICES:
        raise NotLawful(_("三员由另外两员会签任命，请提“任命三员”"))
    starts = timezone.localdate()
    if renews is not None:
        if renews.account_id != account.pk or renews.ended or renews.ends < starts:
            raise NotLawful(_("只能续期本账号仍然有效的授权"))
        if renews.delegation_id is not None:
            raise NotLawful(_("受托得来的授权不能续期"))
        starts = date.fromordinal(renews.ends.toordinal() + 1)
    refuse_unlawful(account, role, unit, starts, ends)
    asked = _of(account) | {"role": role, "unit": unit.code, "starts": starts, "ends": ends}
    if renews is not None:
        asked["renews"] = renews.pk
    return approvals.ask(
        "access.role",
        by=by,
        unit=account.person.unit,
        reason=reason,
        asked=asked,
        subject=account,
        people=[account.person],
        title=f"{account.person}：{title_of(role)}（{unit}）",
        earlier=earlier,
    )


@transaction.atomic
def ask_account(
    name: str,
    username: str,
    unit: Unit,
    post: str,
    *,
    by: Account,
    reason: str,
    earlier: Approval | None = None,
) -> Approval:
    """Ask for an account for somebody who has none. Raises ValidationError for a name that cannot be one."""
    problems: dict[str, list[str]] = {}
    try:
        Account._meta.get_field("username").clean(username, None)
    except ValidationError as error:
        problems["username"] = error.messages
    if Account.objects.filter(username=username).exists():
        problems["username"] = [_("账号 %s 已经有了") % username]
    if not name.strip():
        problems["name"] = [_("请写姓名")]
    if problems:
        raise ValidationError(problems)
    asked = {"name": name.strip(), "username": username, "unit": unit.code, "post": post}
    return approvals.ask(
        "access.account",
        by=by,
        unit=unit,
        reason=reason,
        asked=asked,
        title=f"{name.strip()}（{username}）",
        earlier=earlier,
    )


@transaction.atomic
def ask_office(account: Account, office: str, *, by: Account, reason: str) -> Approval:
    """Ask the two other officers to make somebody one."""
    root = Unit.objects.get(parent=None)
    if office not in OFFICES:
        raise NotLawful(_("%s 不是三员") % office)
    refuse_unlawful(account, office, root, timezone.localdate(), timezone.localdate())
    return _of_officers("access.appoint", account, {"role": office}, by, reason)


@transaction.atomic
def ask_removal(held: Grant, *, by: Account, reason: str) -> Approval:
    """Ask the two other officers to take an office away."""
    if held.role not in OFFICES or held.ended or held.ends < timezone.localdate():
        raise NotLawful(_("%s 不是在任的三员") % held.account)
    return _of_officers("access.remove_officer", held.account, {"role": held.role, "grant": held.pk}, by, reason)


@transaction.atomic
def ask_reset(account: Account, *, by: Account, reason: str) -> Approval:
    """Ask the two other officers to let an officer's password be issued anew."""
    offices = sorted(offices_of(account.person_id))
    if not offices:
        raise NotLawful(_("%s 不是三员，由安全管理员直接发放口令") % account)
    return _of_officers("access.reset", account, {"role": offices[0]}, by, reason)


@transaction.atomic
def ask_factor_reset(account: Account, *, by: Account, reason: str) -> Approval:
    """Ask two officers to clear a lost second factor. Anybody may ask for a colleague, who cannot sign in himself."""
    if not factors.has(account):
        raise NotLawful(_("%s 没有第二验证方式，无须重置") % account)
    root = Unit.objects.get(parent=None)
    title = _("重置 %s 的第二验证") % account
    asked = _of(account)
    return approvals.ask(
        "access.factor_reset",
        by=by,
        unit=root,
        reason=reason,
        asked=asked,
        subject=account,
        people=[account.person],
        title=title,
    )


@transaction.atomic
def ask_emergency(
    power: str, unit: Unit, minutes: int, *, by: Account, reason: str, earlier: Approval | None = None
) -> Approval:
    """Ask for one permission or role for minutes, for oneself."""
    refuse_emergency(by, power, unit, minutes)
    kind = "role" if power in roles() else "permission"
    asked = _of(by) | {kind: power, "unit": unit.code, "minutes": minutes}
    return approvals.ask(
        "access.emergency",
        by=by,
        unit=by.person.unit,
        reason=reason,
        asked=asked,
        subject=by,
        people=[by.person],
        title=f"{by.person}：{power_title(power)}（{minutes} {_('分钟')}）",
        earlier=earlier,
    )


def _of(account: Account) -> dict[str, object]:
    return {"account": account.pk, "username": account.username}


def _of_officers(kind: str, account: Account, asked: dict[str, object], by: Account, reason: str) -> Approval:
    """Requester and beneficiary decide nothing: with the three officers alone, two others must be left to sign."""
    root, asked = Unit.objects.get(parent=None), _of(account) | asked
    return approvals.ask(kind, by=by, unit=root, reason=reason, asked=asked, subject=account, people=[account.person])


def _refuse_for_others(account: Account, by: Account) -> None:
    if account.person_id == by.person_id:
        return
    if not any(policy.may(by, one, account) for one in ("access.endorse", "access.create")):
        raise PermissionDenied(_("只能为自己申请；部门负责人可为本单位人员申请"))


def power_title(power: str) -> str:
    """The name of a role or a permission."""
    return title_of(power) if power in roles() else _(all_permissions().get(power, power))
