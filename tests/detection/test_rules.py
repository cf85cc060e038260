"""Every rule of ours fires on its own samples and keeps silent on the others: raw lines through the whole reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

import polars as pl
import pytest

from qingdun.detection import looking
from qingdun.detection.active import active
from qingdun.detection.book import Entry, book
from qingdun.detection.core import indicators, indicators_index, raising
from qingdun.detection.core.correlate import Correlator
from qingdun.logs.core.columns import RAW
from qingdun.logs.core.formats import formats
from qingdun.logs.core.read import Reader

READER = Reader(formats())
OURS = [one for one in book().values() if one.own and not (one.serves and not one.fires)]
FIRES = [(one.id, lines) for one in OURS for lines in one.fires]
SILENT = [(one.id, lines) for one in OURS for lines in one.silent]
KNOWING = [one for one in OURS if one.indicators]
RECEIVED = datetime(2022, 7, 12, 9, 30, tzinfo=UTC)


def intelligence(folder: Path, known: Mapping[str, str]) -> dict[str, Path]:
    """What readers look with when intelligence knows these values, each with its category."""
    rows = [(indicators.guess(value).value, value, category, 80, None, None) for value, category in known.items()]
    indicators_index.write(
        folder / "indicators.arrow", pl.DataFrame(rows, schema=indicators_index.SCHEMA, orient="row")
    )
    return {"indicators": folder / "indicators.arrow"} if known else {}


def fired(lines: Sequence[str], material: Mapping[str, Path] = MappingProxyType({})) -> set[str]:
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
    found = looking.look(events, material).found
    rules = active({})
    followed = raising.fired(found.steps, Correlator(rules.program), rules.numbers)
    return {hit.rule for hit in (*found.hits, *followed)}


@pytest.mark.parametrize(("rule", "lines"), FIRES, ids=[book()[rule].title_en for rule, _lines in FIRES])
def test_a_rule_fires_on_what_it_is_for(rule: str, lines: Sequence[str], tmp_path: Path) -> None:
    assert rule in fired(lines, intelligence(tmp_path, dict(book()[rule].indicators)))


@pytest.mark.parametrize(("rule", "lines"), SILENT, ids=[book()[rule].title_en for rule, _lines in SILENT])
def test_a_rule_keeps_silent_on_what_only_looks_like_it(rule: str, lines: Sequence[str], tmp_path: Path) -> None:
    assert rule not in fired(lines, intelligence(tmp_path, dict(book()[rule].indicators)))


@pytest.mark.parametrize("one", KNOWING, ids=[one.title_en for one in KNOWING])
def test_without_intelligence_a_rule_about_it_keeps_silent(one: Entry) -> None:
    assert not any(one.id in fired(lines) for lines in one.fires)


def test_there_are_at_least_sixty_and_every_one_has_samples_of_both_kinds() -> None:
    assert len(OURS) >= 60
    assert all(one.fires and one.silent for one in OURS)


def test_no_rule_of_ours_is_refused_or_can_never_fire() -> None:
    program = active({}).program
    assert [str(one) for one in program.refused] == []
    assert [one.title for one in program.idle] == []
