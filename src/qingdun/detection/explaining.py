"""Why an alert's rule fired: the tests that held and the values that met them, told of the events themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from qingdun.detection.core.events import flat
from qingdun.detection.core.explain import Explainer
from qingdun.detection.core.parts import Part
from qingdun.detection.core.pipelines import pipelines
from qingdun.detection.library import documents
from qingdun.detection.models import Alert
from qingdun.detection.wording_parts import how
from qingdun.logs.labels import FIELDS
from qingdun.web.listing import Text

MOST = 12  # tests told


@dataclass(frozen=True, slots=True)
class Why:
    """One test that held: the field, how it was compared, what was wanted of it, what stood there."""

    field: str
    how: str  # in words
    wanted: str
    value: str

    @property
    def label(self) -> Text:
        """What the search page calls the field; without one it was looked for anywhere in the line."""
        return FIELDS.get(self.field, "") if self.field else _("原始日志")


def why(alert: Alert, events: Sequence[dict[str, Any]]) -> list[Why]:
    """The tests of the rule that held on these events, each once. Empty when the rule or the lines are gone."""
    told = Explainer(documents(), pipelines())
    rule = told.find(alert.rule) if events else None
    if rule is None:
        return []
    found: dict[Why, None] = {}
    for event in events:
        for one in _held(told.explain(rule, _spoken(event))):
            found.setdefault(one)
    return list(found)[:MOST]


def _spoken(event: Mapping[str, Any]) -> dict[str, Any]:
    """As rules name its fields; moments are local, as the hour is when a rule asks for it."""
    kept = {name: value for name, value in event.items() if value is not None}
    moments = {name: localtime(value).isoformat() for name, value in kept.items() if isinstance(value, datetime)}
    return flat(kept | moments)


def _held(part: Part, *, turned: bool = False) -> Iterator[Why]:
    """The leaves to which the whole owes that it held: below a `not` nothing is owed to what stood there."""
    if part.kind in ("field", "keyword") and part.holds and not turned:
        field = (part.stands or part.name) if part.kind == "field" else ""
        yield Why(field, str(how(part)), " | ".join(part.met or part.wanted), " ".join(part.values))
    if not part.holds and part.kind in ("rule", "source", "all"):
        return
    for each in part.parts:
        yield from _held(each, turned=turned != (part.kind == "not"))
