"""`/api/v1/reporting/`: the figures, as the page shows them."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, Router

from qingdun.access import policy
from qingdun.reporting.figures import FIRST, LAST
from qingdun.reporting.views import readings

router = Router()
Day = Annotated[date, Field(ge=FIRST, le=LAST)]


@router.get("/figures", operation_id="reporting_figures", summary="指标")
def figures(request: HttpRequest, at: Day | None = None) -> list[dict[str, object]]:
    """Every figure the caller may see on that day: value, numerator, denominator, definition, link to the rows."""
    policy.require(request.user, "reporting.view")
    return [reading.as_json() for reading in readings(request, at or timezone.localdate())]
