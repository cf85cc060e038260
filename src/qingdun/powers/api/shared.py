"""How a program's request meets the actions of this room: names instead of row numbers, and refusals in their words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, cast

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Field
from ninja.errors import HttpError

from qingdun.access.actions import NotLawful
from qingdun.access.approvals import NotPossible
from qingdun.access.models import Account, Unit
from qingdun.web.machine import Body

Why = Annotated[str, Field(min_length=2, max_length=200)]
Name = Annotated[str, Field(min_length=1, max_length=60)]
Code = Annotated[str, Field(min_length=1, max_length=40)]


class Reason(Body):
    reason: Why


def me(request: HttpRequest) -> Account:
    return cast(Account, request.user)


@contextmanager
def in_words() -> Iterator[None]:
    """What the rules of power refuse, as 422 with its words."""
    try:
        yield
    except (NotLawful, NotPossible) as refused:
        raise HttpError(422, str(refused)) from None


def account_named(username: str, field: str = "account") -> Account:
    """An active account by its name. Raises ValidationError beside `field`."""
    found = Account.objects.filter(username=username.lower(), is_active=True).select_related("person__unit").first()
    if found is None:
        raise ValidationError({field: [_("没有在用的账号 %s。") % username]})
    return found


def unit_of(code: str, field: str = "unit") -> Unit:
    """A unit by its code. Raises ValidationError beside `field`."""
    found = Unit.objects.filter(code=code).first()
    if found is None:
        raise ValidationError({field: [_("没有代码为“%s”的单位。") % code]})
    return found
