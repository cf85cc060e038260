# Annotations must be real here, not text: the router reads them.
"""攻击 for programs: the rows that figures of attacks count."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from qingdun.detection.listings.attacks import ATTACKS
from qingdun.web.machine.lists import asking, page
from qingdun.web.machine.shapes import Rows

router = Router()
ASKING_ATTACKS = asking(ATTACKS)


class AttackOut(Schema):
    """One source at one target in one class with one result within one hour; `hits` as devices reported them."""

    id: int
    hour: datetime
    source: str
    target: str
    attack: str
    action: str
    hits: int
    first: datetime
    last: datetime
    host: int | None = Field(None, alias="host_id")
    system: str | None = Field(None, alias="system.code")
    unit: str | None = Field(None, alias="unit.code")


@router.get("", response=Rows[AttackOut], operation_id="detection_attacks", summary="攻击列表（去重）")
def several(request: HttpRequest, turn: Query[ASKING_ATTACKS]) -> Any:  # type: ignore[valid-type]
    return page(request, ATTACKS, turn)
