# Annotations must be real here, not text: the router reads them.
"""Personal values are masked everywhere but here."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from ninja import Field, Router, Schema
from ninja.errors import HttpError

from qingdun.access.models import Account
from qingdun.access.personal import show
from qingdun.lib.personal import Unreadable
from qingdun.web.machine import Body
from qingdun.web.personal import found

router = Router()


class PersonalAsked(Body):
    reason: str = Field(min_length=2, max_length=200)


class PersonalValue(Schema):
    value: str


@router.post(
    "/personal/{kind}/{int:pk}/{field}", response=PersonalValue, operation_id="web_personal", summary="显示一项个人信息"
)
def personal(request: HttpRequest, kind: str, pk: int, field: str, body: PersonalAsked) -> Any:
    """One masked value in clear; `kind` is for example `inventory.contact`. The act and its reason are on record."""
    thing, _column = found(request.user, kind, pk, field)
    assert isinstance(request.user, Account)
    try:
        return PersonalValue(value=show(thing, field, by=request.user, reason=body.reason))
    except (ValidationError, Unreadable) as error:
        words = error.messages[0] if isinstance(error, ValidationError) else str(error)
        raise HttpError(422, words) from None
