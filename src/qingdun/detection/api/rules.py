# Annotations must be real here, not text: the router reads them.
"""检测规则 and 规则试验 for programs: the pages' list, acts and bench as JSON."""

from datetime import datetime
from typing import Any, Literal

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Field, Router, Schema
from ninja.responses import Status

from qingdun.access import policy
from qingdun.detection import rulebook, trying
from qingdun.detection.actions import rules as actions
from qingdun.detection.rulebook import Line
from qingdun.detection.views.alerts import me
from qingdun.detection.views.bench import result
from qingdun.web.machine import Body

router = Router()
VIEW = "detection.view"


class RuleOut(Schema):
    """`status`: on, off, resting (in quarantine) or never (it cannot fire; `never` says why). `alerts` of 30 days."""

    id: str
    title: str
    level: int
    attack: str
    techniques: list[str]
    source: str
    kind: str
    own: bool
    status: str
    never: str
    alerts: int
    seconds: float


class RefusedRuleOut(Schema):
    file: str
    key: str
    reason: str


class BookOut(Schema):
    rules: list[RuleOut]
    refused: list[RefusedRuleOut]


class RuleTextOut(RuleOut):
    text: str
    next: str


class RuleAct(Body):
    """`until` only for `off`; without it the rule stays off until it is switched on."""

    act: Literal["off", "on", "wake", "remove"]
    reason: str = Field(min_length=1, max_length=200)
    until: datetime | None = None


class RuleIn(Body):
    """Sigma documents as text; kept whole or refused whole."""

    text: str = Field(min_length=1, max_length=actions.LARGEST)
    reason: str = Field(min_length=1, max_length=200)


class RuleSaved(Schema):
    rules: list[str]


class BenchIn(Body):
    """Lines as received. `which`: all rules of the book, one of them (`rule`: id or name), or the `text` pasted."""

    lines: str = Field(min_length=1, max_length=trying.MOST_BYTES)
    format: str = ""
    which: Literal["all", "book", "pasted"] = "all"
    rule: str = ""
    text: str = Field("", max_length=trying.MOST_BYTES)


class BenchLine(Schema):
    """`why`: the chosen rule's condition part by part, with what was wanted and what stood there."""

    fields: dict[str, Any]
    rules: list[str]
    why: dict[str, Any] | None


class BenchOut(Schema):
    events: list[BenchLine]
    refused: list[RefusedRuleOut]


@router.get("/rules", response=BookOut, operation_id="detection_rules", summary="检测规则")
def rules(request: HttpRequest) -> dict[str, Any]:
    policy.require(request.user, VIEW)
    found = [_told(one) for one in rulebook.lines(request.user, timezone.now())]
    return {"rules": found, "refused": list(rulebook.refused())}


@router.post("/rules", response={201: RuleSaved}, operation_id="detection_rule_save", summary="添加本市规则")
def save(request: HttpRequest, body: RuleIn) -> Any:
    policy.require(request.user, actions.TUNE, policy.ROOT)
    found = actions.save_rule(body.text, by=me(request), reason=body.reason)
    return Status(201, {"rules": [one.id for one in found]})


@router.get("/rules/{rule}", response=RuleTextOut, operation_id="detection_rule", summary="一条规则")
def rule(request: HttpRequest, rule: str) -> dict[str, Any]:
    policy.require(request.user, VIEW)
    one = _one(request, rule)
    return {**_told(one), "text": one.entry.text, "next": one.entry.next}


@router.post("/rules/{rule}/change", response={204: None}, operation_id="detection_rule_change", summary="启停规则")
def change(request: HttpRequest, rule: str, body: RuleAct) -> Any:
    policy.require(request.user, actions.TUNE, policy.ROOT)
    known, by = _one(request, rule).entry.id, me(request)
    match body.act:
        case "off":
            actions.switch_off(known, by=by, reason=body.reason, until=body.until)
        case "on":
            actions.switch_on(known, by=by, reason=body.reason)
        case "wake":
            actions.wake(known, by=by, reason=body.reason)
        case "remove":
            actions.remove_rule(known, by=by, reason=body.reason)
    return Status(204, None)


@router.post("/bench", response=BenchOut, operation_id="detection_bench", summary="规则试验")
def bench(request: HttpRequest, body: BenchIn) -> dict[str, Any]:
    """Nothing is stored."""
    policy.require(request.user, VIEW)
    asked = {name: str(value) for name, value in body.dict().items()}
    try:
        found, _chosen = result(asked)
    except trying.TooMuch as error:
        raise ValidationError({"lines": str(error)}) from None
    events = [
        {
            "fields": one.fields,
            "rules": [fired.id or fired.name for fired in one.rules],
            "why": one.why.as_json() if one.why else None,
        }
        for one in found.events
    ]
    return {"events": events, "refused": list(found.refused)}


def _one(request: HttpRequest, rule: str) -> Line:
    found = rulebook.line(rule, request.user, timezone.now())
    if found is None:
        raise Http404
    return found


def _told(one: Line) -> dict[str, Any]:
    entry = one.entry
    return {
        "id": entry.id,
        "title": entry.title,
        "level": entry.level,
        "attack": entry.attack,
        "techniques": list(entry.techniques),
        "source": one.source,
        "kind": entry.kind,
        "own": entry.own,
        "status": one.status,
        "never": one.never,
        "alerts": one.alerts,
        "seconds": one.state.seconds if one.state else 0.0,
    }
