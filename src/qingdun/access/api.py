"""`/api/v1/access`: who am I, and what may I do where."""

from __future__ import annotations

from datetime import date
from typing import cast

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema

from qingdun.access import policy
from qingdun.access.models import Account, Grant
from qingdun.access.roster import roles

router = Router()


class HeldRole(Schema):
    role: str
    name: str
    unit: str
    ends: date


class Me(Schema):
    username: str
    name: str
    unit: str
    roles: list[HeldRole]
    permissions: dict[str, list[str]]


@router.get("/me", response=Me, operation_id="access_me", summary="当前账号")
def me(request: HttpRequest) -> Me:
    """The signed-in account, its grants in force, and each permission with the unit paths it holds in."""
    account = cast(Account, request.user)
    grants = Grant.objects.filter(account=account).in_force(timezone.localdate()).select_related("unit")
    held = [grant for grant in grants if grant.role in roles()]
    keys = sorted({key for grant in held for key in roles()[grant.role].may})
    return Me(
        username=account.username,
        name=account.person.name,
        unit=account.person.unit.name,
        roles=[
            HeldRole(role=grant.role, name=roles()[grant.role].name, unit=grant.unit.name, ends=grant.ends)
            for grant in held
        ],
        permissions={key: list(scope.paths) for key in keys if (scope := policy.scope(account, key))},
    )
