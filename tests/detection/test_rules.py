"""Every rule of ours fires on its own samples and keeps silent on the others: raw lines through the whole reader."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import polars as pl
import pytest

from qingdun.detection import looking
from qingdun.detection.active import active
from qingdun.detection.book import book
from qingdun.detection.core import raising
from qingdun.detection.core.correlate import Correlator
from qingdun.logs.core.columns import RAW
from qingdun.logs.core.formats import formats
from qingdun.logs.core.read import Reader

READER = Reader(formats())
OURS = [one for one in book().values() if one.own and not (one.serves and not one.fires)]
FIRES = [(one.id, lines) for one in OURS for lines in one.fires]
SILENT = [(one.id, lines) for one in OURS for lines in one.silent]
RECEIVED = datetime(2022, 7, 12, 9, 30, tzinfo=UTC)


def fired(lines: Sequence[str]) -> set[str]:
    """Ids of all rules and correlations that fire on lines received together."""
    raw = pl.DataFrame(
        {
            "raw": [line.encode() for line in lines],
            "received": [RECEIVED] * len(lines),
            "source": [1] * len(lines),
            "format": [None] * len(lines),
        },
        schema=RAW,
    )
    events = READER.read(raw).with_columns(
        pl.lit("b").alias("qingdun.batch"), pl.int_range(raw.height).cast(pl.Int32).alias("qingdun.row")
    )
    found = looking.look(events, {}).found
    rules = active({})
    followed = raising.fired(found.steps, Correlator(rules.program), rules.numbers)
    return {hit.rule for hit in (*found.hits, *followed)}


@pytest.mark.parametrize(("rule", "lines"), FIRES, ids=[book()[rule].title_en for rule, _lines in FIRES])
def test_a_rule_fires_on_what_it_is_for(rule: str, lines: Sequence[str]) -> None:
    assert rule in fired(lines)


@pytest.mark.parametrize(("rule", "lines"), SILENT, ids=[book()[rule].title_en for rule, _lines in SILENT])
def test_a_rule_keeps_silent_on_what_only_looks_like_it(rule: str, lines: Sequence[str]) -> None:
    assert rule not in fired(lines)


def test_there_are_at_least_sixty_and_every_one_has_samples_of_both_kinds() -> None:
    assert len(OURS) >= 60
    assert all(one.fires and one.silent for one in OURS)


def test_no_rule_of_ours_is_refused_or_can_never_fire() -> None:
    program = active({}).program
    assert [str(one) for one in program.refused] == []
    assert [one.title for one in program.idle] == []
