"""检测所见: what detection adds to a batch of events and finds in it, in the reader process; no Django here.

In order: whose the event is, what intelligence knows of it, what attack it is by the device's words or by our own
recognition, which rules it fulfils (each step sees the columns the ones before it filled).
"""

from __future__ import annotations

from functools import cache

import polars as pl

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
    events = recognise.recognise(events)
    rules = active(material)
    prepared = counting.prepared(events, moment())
    matched = matching.matched(prepared, rules, _zone())
    found = Found(
        attacks=counting.attacks(prepared),
        signals=counting.signals(prepared),
        hits=matched.hits,
        steps=matched.steps,
        met=tuple(indicators_meeting.met(events)) if "indicators" in material else (),
        seconds=rules.spent(),
        resting=rules.rested(),
        faults=(rules.fault,) if rules.fault else (),
    )
    return Sight(events, found, urgent=bool(found.hits or found.steps or found.signals))


@cache
def _zone() -> str:
    return environment.zone()
