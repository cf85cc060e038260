from __future__ import annotations

from django.contrib.auth.password_validation import validate_password
from django.db import transaction

from qingdun import audit
from qingdun.access import passwords, policy
from qingdun.access.models import Account, Person


@transaction.atomic
def create_account(
    username: str, person: Person, password: str, *, by: Account | None, must_change: bool = True
) -> Account:
    """Open an account for a person. The password must be changed at first login unless said otherwise.

    Raises ValidationError for a username or password that breaks the rules.
    """
    if by is not None:
        policy.require(by, "access.create", person)
    account = Account(username=username, person=person, must_change_password=must_change)
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
