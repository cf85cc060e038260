# Annotations must be real here, not text: the router reads them.
"""`/api/v1/reporting/`: the figures and the situation, as the pages show them."""

from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated, Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, Router, Schema

from qingdun.access import policy
from qingdun.access.models import Unit
from qingdun.logs import state
from qingdun.reporting.figures import FIRST, LAST
from qingdun.reporting.situation.counts import Ranked, Situation
from qingdun.reporting.situation.period import Period
from qingdun.reporting.views import readings

router = Router()
Day = Annotated[date, Field(ge=FIRST, le=LAST)]
Span = Annotated[str, Field(max_length=10)]  # 24h, 7d, 30d, or a month such as 2022-07
UnitCode = Annotated[str, Field(max_length=60)]


class SituationStep(Schema):
    """One hour or day: `hits` as devices reported them, `attacks` de-duplicated, `sources` blocked."""

    at: datetime
    hits: int
    attacks: int
    intercepted: int
    sources: int


class SituationRanked(Schema):
    key: str
    hits: int
    attacks: int


class SituationOut(Schema):
    """Counters over [start, end); both counting rules as the page names them."""

    start: datetime
    end: datetime
    hits: int
    attacks: int
    intercepted: int
    portal: int
    blocked_sources: int | None
    alerts: int
    serious: int
    backlog_seconds: float | None
    steps: list[SituationStep]
    classes: list[SituationRanked]
    sources: list[SituationRanked]
    targets: list[SituationRanked]
    units: list[SituationRanked]


@router.get("/figures", operation_id="reporting_figures", summary="指标")
def figures(request: HttpRequest, at: Day | None = None) -> list[dict[str, object]]:
    """Every figure the caller may see on that day: value, numerator, denominator, definition, link to the rows."""
    policy.require(request.user, "reporting.view")
    return [reading.as_json() for reading in readings(request, at or timezone.localdate())]


@router.get("/situation", response=SituationOut, operation_id="reporting_situation", summary="态势")
def situation(request: HttpRequest, period: Span = "24h", unit: UnitCode = "") -> dict[str, Any]:
    """What attacked whom in a period, within the caller's scope; `unit` with everything below it."""
    policy.require(request.user, "reporting.view")
    policy.require(request.user, "detection.view")
    chosen = Unit.objects.filter(code=unit, ended=None).first() if unit else None
    counted = Situation(request.user, Period.read(period, timezone.localtime()), chosen)
    steps = counted.steps()
    worker = state.worker()
    return {
        "start": counted.period.start,
        "end": counted.period.end,
        **asdict(counted.totals(steps)),
        "backlog_seconds": worker.backlog_seconds if worker else None,
        "steps": steps,
        "classes": _named(counted.ranked("attack")),
        "sources": _named(counted.ranked("source")),
        "targets": _named(counted.ranked("target")),
        "units": [
            {"key": one.key.code if one.key else "", "hits": one.hits, "attacks": one.attacks}
            for one in counted.by_unit()
        ],
    }


def _named(several: list[Ranked]) -> list[dict[str, Any]]:
    return [{"key": str(one.key), "hits": one.hits, "attacks": one.attacks} for one in several]
