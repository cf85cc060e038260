# Annotations must be real here, not text: the router reads them.
"""抑制 for programs: draft, wait for the measured effect, put into force, end; through the actions of the pages."""

from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Field, Query, Router, Schema
from ninja.responses import Status

from qingdun.access import policy
from qingdun.detection.actions import suppressions as actions
from qingdun.detection.core.suppressing import LONGEST
from qingdun.detection.listings.suppressions import SUPPRESSIONS
from qingdun.detection.models import Alert
from qingdun.detection.views.alerts import me
from qingdun.detection.views.suppressions import tunable, visible
from qingdun.web.machine import Body
from qingdun.web.machine.lists import asking, one, page
from qingdun.web.machine.shapes import Rows

router = Router()
ASKING_SUPPRESSIONS = asking(SUPPRESSIONS)


class SuppressionOut(Schema):
    """`effect` is null until the replay is done; then hits before and after, by rule, and samples of what vanishes."""

    id: int
    title: str
    state: str
    rules: list[str]
    text: str
    reason: str
    owner: str = Field(alias="owner.username")
    alert: int | None = Field(None, alias="alert_id")
    made: datetime
    days: int
    effect: dict[str, Any] | None
    began: datetime | None
    until: date
    ended: datetime | None
    ended_by: str
    end_reason: str


class SuppressionIn(Body):
    """`text`: one Sigma filter document. `days`: how many days are replayed to measure its effect."""

    text: str = Field(max_length=LONGEST)
    reason: str
    until: date
    days: int = 7
    title: str = Field("", max_length=200)
    alert: int | None = None


class SuppressionEnding(Body):
    reason: str


@router.get("", response=Rows[SuppressionOut], operation_id="detection_suppressions", summary="告警抑制列表")
def several(request: HttpRequest, turn: Query[ASKING_SUPPRESSIONS]) -> Any:  # type: ignore[valid-type]
    return page(request, SUPPRESSIONS, turn)


@router.get("/{int:pk}", response=SuppressionOut, operation_id="detection_suppression", summary="一条告警抑制")
def single(request: HttpRequest, pk: int) -> Any:
    return visible(request, pk)


@router.post("", response={201: SuppressionOut}, operation_id="detection_suppression_draft", summary="提出告警抑制")
def draft(request: HttpRequest, body: SuppressionIn) -> Any:
    """It does not hold yet: the effect is measured first; ask for it again until `effect` is there, then begin it."""
    policy.require(request.user, actions.TUNE, policy.ROOT)
    given = body.dict()
    alert = given.pop("alert")
    found = None if alert is None else Alert.objects.visible_to(request.user).filter(pk=alert).first()
    if alert is not None and found is None:
        raise ValidationError({"alert": _("没有这条告警")})
    return Status(201, actions.draft(by=me(request), alert=found, **given))


@router.post(
    "/{int:pk}/measure",
    response=SuppressionOut,
    operation_id="detection_suppression_measure",
    summary="重新回放告警抑制",
)
def measure(request: HttpRequest, pk: int) -> Any:
    actions.measure(tunable(request, pk), by=me(request))
    return one(request, SUPPRESSIONS, pk)


@router.post(
    "/{int:pk}/begin", response=SuppressionOut, operation_id="detection_suppression_begin", summary="使告警抑制生效"
)
def begin(request: HttpRequest, pk: int) -> Any:
    actions.begin(tunable(request, pk), by=me(request))
    return one(request, SUPPRESSIONS, pk)


@router.post("/{int:pk}/end", response=SuppressionOut, operation_id="detection_suppression_end", summary="结束告警抑制")
def end(request: HttpRequest, pk: int, body: SuppressionEnding) -> Any:
    actions.end(tunable(request, pk), by=me(request), reason=body.reason)
    return one(request, SUPPRESSIONS, pk)
