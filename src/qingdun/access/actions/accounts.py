from __future__ import annotations

from datetime import timedelta

from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from qingdun import audit
from qingdun.access import passwords, policy, sessions
from qingdun.access.actions.grants import NotLawful, refuse_last
from qingdun.access.core.roles import OFFICES
from qingdun.access.models import Account, Grant, Person

DUE = timedelta(days=7)  # how long a first or an agreed password may wait to be issued


@transaction.atomic
def create_account(
    username: str, person: Person, password: str | None, *, by: Account | None, must_change: bool = True
) -> Account:
    """Open an account for a person. The password must be changed at first login unless said otherwise.

    Without a password nobody can sign in until a one-time password is issued. Raises ValidationError for a username or
    password that breaks the rules, NotLawful for a person who has left.
    """
    if by is not None:
        policy.require(by, "access.create", person)
    if person.left:
        raise NotLawful(_("%s 已离任") % person)
    account = Account(username=username, person=person, must_change_password=must_change)
    if password is None:
        account.set_unusable_password()
        account.password_due = timezone.now() + DUE
    else:
        validate_password(password, account)
        passwords.replace(account, password)
    account.full_clean()
    account.save()
    audit.record(by, "access.create", account)
    return account


@transaction.atomic
def change_password(account: Account, password: str) -> None:
    """A person's own change. Every other session of the account ends with it. Raises ValidationError."""
    validate_password(password, account)
    passwords.replace(account, password)
    account.must_change_password = False
    account.save(update_fields=["must_change_password"])
    audit.record(account, "access.password", account)


@transaction.atomic
def issue_password(account: Account, *, by: Account, reason: str) -> str:
    """A one-time password for another's account, returned once and kept nowhere. Its sessions end.

    A first password is issued by whoever makes accounts, a new one by the security administrator, an officer's only
    after two officers agreed (`password_due`). Raises NotLawful.
    """
    account = _another(account, by)
    agreed = account.password_due is not None and account.password_due > timezone.now()
    if agreed and policy.may(by, "access.create", account.person):
        pass
    else:
        policy.require(by, "access.control", account.person)
        if offices_of(account.person_id) and not agreed:
            raise NotLawful(_("三员的口令须由另外两员会签后才能重置"))
    if not account.is_active:
        raise NotLawful(_("账号已停用，请先启用"))
    password = passwords.one_time()
    passwords.replace(account, password)
    account.must_change_password, account.password_due = True, None
    account.save(update_fields=["must_change_password", "password_due"])
    audit.record(by, "access.control", account, reason, changes={"password": ("", str(_("发放一次性口令")))})
    return password


@transaction.atomic
def allow_password(account: Account, *, by: Account | None, reason: str) -> None:
    """Two officers agreed that this officer's account gets a one-time password, issued within a week."""
    account = _locked(account)
    account.password_due = timezone.now() + DUE
    account.save(update_fields=["password_due"])
    audit.record(by, "access.appoint", account, reason)


@transaction.atomic
def disable(account: Account, *, by: Account, reason: str) -> None:
    """Nobody signs in with it any more and its sessions end; its grants stay, and rest. Raises NotLawful."""
    account = _controlled(account, by)
    if not account.is_active:
        raise NotLawful(_("账号已经停用"))
    switch(account, False, by=by, reason=reason)


@transaction.atomic
def enable(account: Account, *, by: Account, reason: str) -> None:
    account = _controlled(account, by)
    if account.is_active:
        raise NotLawful(_("账号已经启用"))
    if account.person.left:
        raise NotLawful(_("%s 已离任") % account.person)
    switch(account, True, by=by, reason=reason)


def switch(account: Account, active: bool, *, by: Account | None, reason: str) -> None:
    """Turn an account on or off, its sessions ended. Whoever calls has asked for the permission."""
    before, account.is_active = account.is_active, active
    account.sessions_since += 1
    account.save(update_fields=["is_active", "sessions_since"])
    sessions.end(account)
    audit.record(by, "access.control", account, reason, changes={"is_active": (before, active)})


def offices_of(person: int) -> set[str]:
    """The offices a person holds today or will, by any account, used or not."""
    rows = Grant.objects.filter(account__person=person, role__in=OFFICES).standing(timezone.localdate())
    return set(rows.values_list("role", flat=True))


def _controlled(account: Account, by: Account) -> Account:
    account = _another(account, by)
    policy.require(by, "access.control", account.person)
    if offices := offices_of(account.person_id):
        for office in sorted(offices):
            refuse_last(office, account.person_id)
        raise NotLawful(_("三员的账号不能直接停用或启用，请先由另外两员会签免职"))
    return account


def _another(account: Account, by: Account) -> Account:
    account = _locked(account)
    if account.person_id == by.person_id:
        raise NotLawful(_("不得处理自己的账号"))
    return account


def _locked(account: Account) -> Account:
    return Account.objects.select_for_update(of=("self",)).select_related("person__unit").get(pk=account.pk)
