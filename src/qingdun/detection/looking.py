"""检测所见: what detection adds to a batch of events and finds in it, in the reader process; no Django here.

In order: whose the event is, what intelligence knows of it, what attack it is by the device's words or by our own
recognition, which rules it fulfils (each step sees the columns the ones before it filled).
"""

from __future__ import annotations

from functools import cache

import polars as pl

from qingdun.detection import classes
from qingdun.detection.active import active
from qingdun.detection.core import assets, counting, indicators_index, indicators_meeting, matching, recognise
from qingdun.detection.core.found import Found
from qingdun.lib import environment
from qingdun.logs.pipeline.tally import moment
from qingdun.logs.pipeline.watch import Material, Sight

ORDER = 10
_NOBODY = assets.Assets()


def look(events: pl.DataFrame, material: Material) -> Sight:
    """See `logs.pipeline.watch.Looking`."""
    register = assets.read(material["assets"]) if "assets" in material else _NOBODY
    events = assets.locate(events, register)
    if "indicators" in material:
        events = indicators_meeting.meet(events, indicators_index.load(material["indicators"]))
    events = recognise.recognise(_classified(events))
    rules = active(material)
    prepared = counting.prepared(events, moment())
    matched = matching.matched(prepared, rules, _zone())
    found = Found(
        attacks=counting.attacks(prepared),
        signals=counting.signals(prepared, _harmless()),
        hits=matched.hits,
        steps=matched.steps,
        met=tuple(indicators_meeting.met(events)) if "indicators" in material else (),
        seconds=rules.spent(),
        resting=rules.rested(),
        faults=(rules.fault,) if rules.fault else (),
    )
    return Sight(events, found, urgent=bool(found.hits or found.steps) or not found.signals.is_empty())


def _classified(events: pl.DataFrame) -> pl.DataFrame:
    """The attack class by the device's own words, where it has any."""
    category, name = events["rule.category"], events["rule.name"]
    if category.null_count() + name.null_count() == 2 * events.height:
        return events
    return events.with_columns(classes.of_words(category, name).alias("qingdun.attack"))


@cache
def _harmless() -> tuple[str, ...]:
    """Classes that are nobody's attack: a device's own health and the like."""
    return tuple(key for key, kind in classes.classes().items() if not kind.hostile)


@cache
def _zone() -> str:
    return environment.zone()
