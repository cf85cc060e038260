"""Why an alert's rule fired: the tests that held and the values that met them, told of the events themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from qingdun.detection.core.events import flat
from qingdun.detection.core.parts import Part
from qingdun.detection.models import Alert

MOST = 12  # tests told


@dataclass(frozen=True, slots=True)
class Why:
    """One test that held: the field, what was wanted of it, what stood there, how often among the events looked at."""

    field: str
    how: str
    wanted: str
    value: str


def why(alert: Alert, events: Sequence[dict[str, Any]]) -> list[Why]:
    """The tests of the rule that held on these events, each once. Empty when the rule or the lines are gone."""
    from qingdun.detection.wording import explainer

    told = explainer()
    rule = told.find(alert.rule) if told else None
    if told is None or rule is None:
        return []
    found: dict[Why, None] = {}
    for event in events:
        kept = {name: value for name, value in event.items() if value is not None}
        for one in _held(told.explain(rule, flat(kept))):
            found.setdefault(one)
    return list(found)[:MOST]


def _held(part: Part, *, turned: bool = False) -> Iterator[Why]:
    """The leaves to which the whole owes that it held: below a `not` nothing is owed to what stood there."""
    if part.kind in ("field", "keyword") and part.holds and not turned:
        field = part.stands or part.name
        yield Why(field, part.how, " | ".join(part.met or part.wanted), " ".join(part.values))
    if not part.holds and part.kind in ("rule", "source", "all"):
        return
    for each in part.parts:
        yield from _held(each, turned=turned != (part.kind == "not"))
