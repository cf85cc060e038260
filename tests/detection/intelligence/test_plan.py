"""Taking a feed in, compared as columns, against the same said row by row."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from qingdun.detection.intelligence.plan import STANDING, Given, plan
from qingdun.detection.intelligence.taken import SCHEMA

NOW = datetime(2026, 11, 1, tzinfo=UTC)
ROW = st.tuples(st.sampled_from("abcd"), st.sampled_from([None, "c2", "spam"]), st.sampled_from([None, 10, 90]))
ROWS = st.lists(ROW, unique_by=lambda row: row[0])
GIVEN = Given(category="", otherwise="other", weight=50, own_weight=True, term=0)


def frame(rows: list[tuple[str, str | None, int | None]]) -> pl.DataFrame:
    told = [("domain", value, category, weight, "", None, None) for value, category, weight in rows]
    return pl.DataFrame(told, schema=SCHEMA, orient="row")


def standing(rows: list[tuple[str, str | None, int | None]]) -> pl.DataFrame:
    told = [
        (n, "domain", value, category or "other", weight or 50, "", None, None)
        for n, (value, category, weight) in enumerate(rows)
    ]
    return pl.DataFrame(told, schema=STANDING, orient="row")


@given(ROWS, ROWS)
def test_new_changed_and_unchanged_are_told_apart(
    taken: list[tuple[str, str | None, int | None]], stood: list[tuple[str, str | None, int | None]]
) -> None:
    found = plan(frame(taken), standing(stood), GIVEN, NOW)
    before = {value: (category or "other", weight or 50) for value, category, weight in stood}
    after = {value: (category or "other", weight or 50) for value, category, weight in taken}
    assert set(found.new["value"]) == after.keys() - before.keys()
    assert set(found.changed["value"]) == {
        value for value in after.keys() & before.keys() if after[value] != before[value]
    }
    assert found.new.height + found.changed.height + found.unchanged == len(after)


def test_a_feed_may_say_more_than_its_indicators() -> None:
    given_by_feed = Given(category="mining", otherwise="other", weight=30, own_weight=False, term=10)
    found = plan(frame([("a", "c2", 90)]), standing([]), given_by_feed, NOW).new.row(0, named=True)
    assert (found["category"], found["weight"], found["until"]) == ("mining", 30, NOW + timedelta(days=10))
