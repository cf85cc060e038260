# Annotations must be real here, not text: the router reads them.
"""告警 for programs: the page's queue, filters, scope and acts, as JSON. Accounts are named by their user names."""

from datetime import datetime
from typing import Any, Literal

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Field, Query, Router, Schema

from qingdun.access import policy
from qingdun.access.models import Account
from qingdun.detection import actions
from qingdun.detection.actions.alerts import HANDLE, TOGETHER
from qingdun.detection.core.judging import Act
from qingdun.detection.listings.alerts import ALERTS
from qingdun.detection.models import Alert
from qingdun.detection.views.alerts import me
from qingdun.web.machine import Body
from qingdun.web.machine.lists import asking, one, page
from qingdun.web.machine.shapes import Rows

router = Router()
ASKING_ALERTS = asking(ALERTS)


class AlertOut(Schema):
    """`evidence`: batch, row and time of events it stands on, at most the first ten and the last ten.

    `delay`: seconds from the receipt of the line to the alert.
    """

    id: int
    rule: str
    title: str
    level: int
    attack: str
    techniques: list[str]
    source: str
    target: str
    host: int | None = Field(None, alias="host_id")
    system: str | None = Field(None, alias="system.code")
    unit: str | None = Field(None, alias="unit.code")
    first: datetime
    last: datetime
    hits: int
    evidence: list[Any]
    state: str
    assignee: str | None = Field(None, alias="assignee.username")
    raised: datetime
    delay: float
    closed: datetime | None


class AlertNoteOut(Schema):
    """`act`: a step, or the kind of what the alert became; then `link` leads there."""

    at: datetime
    by: str = Field(alias="by.username")
    act: str
    text: str
    link: str


class AlertStep(Body):
    """`reason` is needed to close, to reopen and to note; `to` (a user name) to hand over."""

    act: Literal["take", "assign", "confirm", "handle", "false", "ignore", "reopen", "note"]
    reason: str = ""
    to: str = ""


class AlertSteps(AlertStep):
    alerts: list[int] = Field(min_length=1, max_length=TOGETHER)


class AlertsDone(Schema):
    """`passed_over`: those whose state did not allow the step."""

    changed: int
    passed_over: int


class AlertBecoming(Body):
    reason: str


class AlertBecame(Schema):
    link: str


@router.get("", response=Rows[AlertOut], operation_id="detection_alerts", summary="告警列表")
def several(request: HttpRequest, turn: Query[ASKING_ALERTS]) -> Any:  # type: ignore[valid-type]
    return page(request, ALERTS, turn)


@router.get("/{int:pk}", response=AlertOut, operation_id="detection_alert", summary="一条告警")
def single(request: HttpRequest, pk: int) -> Any:
    return one(request, ALERTS, pk)


@router.get("/{int:pk}/notes", response=list[AlertNoteOut], operation_id="detection_alert_notes", summary="研判记录")
def notes(request: HttpRequest, pk: int) -> Any:
    return one(request, ALERTS, pk).notes.select_related("by")


@router.post("/{int:pk}/judge", response=AlertOut, operation_id="detection_alert_judge", summary="研判一条告警")
def judge(request: HttpRequest, pk: int, body: AlertStep) -> Any:
    found = _own(request, pk)
    actions.judge(found, Act(body.act), by=me(request), reason=body.reason, to=_account(body.to))
    return one(request, ALERTS, pk)


@router.post("/judge", response=AlertsDone, operation_id="detection_alerts_judge", summary="批量研判告警")
def judge_many(request: HttpRequest, body: AlertSteps) -> Any:
    """Alerts outside the caller's scope are not found and count nowhere."""
    policy.require(request.user, HANDLE)
    return actions.judge_many(body.alerts, Act(body.act), by=me(request), reason=body.reason, to=_account(body.to))


@router.post(
    "/{int:pk}/become/{kind}",
    response=AlertBecame,
    operation_id="detection_alert_become",
    summary="把告警转为隐患、事件等",
)
def become(request: HttpRequest, pk: int, kind: str, body: AlertBecoming) -> Any:
    """`kind` is one of those that rooms of this installation registered; there may be none."""
    made = actions.become(_own(request, pk), kind, by=me(request), reason=body.reason)
    return {"link": made.get_absolute_url()}


def _own(request: HttpRequest, pk: int) -> Alert:
    found: Alert = one(request, ALERTS, pk)
    policy.require(request.user, HANDLE, found)
    return found


def _account(name: str) -> Account | None:
    if not name:
        return None
    found = Account.objects.filter(username=name, is_active=True).first()
    if found is None:
        raise ValidationError({"to": _("没有账号“%s”") % name})
    return found
