from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import polars as pl
import pytest

from qingdun.logs.pipeline import looked
from qingdun.logs.pipeline.looked import look, unpacked
from qingdun.logs.pipeline.read import unread
from tests.logs.pipeline import watching
from tests.logs.pipeline.test_read import rows

NO_DJANGO = """
import sys
from qingdun.logs.pipeline import looked, read
looked._rooms()
sys.exit("django" in sys.modules)
"""


def events(*lines: str) -> pl.DataFrame:
    read = unread(rows(*lines), "why")
    return read.with_columns(
        pl.lit("blocked").alias("qingdun.action"), pl.int_range(pl.len(), dtype=pl.Int32).alias("qingdun.row")
    )


def only(monkeypatch: pytest.MonkeyPatch, *rooms: tuple[str, object], broken: Mapping[str, str] | None = None) -> None:
    monkeypatch.setattr(looked, "_rooms", lambda: (list(rooms), dict(broken or {})))


def room(name: str, **halves: object) -> ModuleType:
    made = ModuleType(name)
    made.__dict__.update(halves)
    return made


def test_a_reader_knows_no_django() -> None:
    assert subprocess.run([sys.executable, "-c", NO_DJANGO], check=False).returncode == 0


def test_what_a_room_finds_travels_and_what_it_adds_stays(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    only(monkeypatch, ("watching", watching))
    (tmp_path / "word").write_text("scan")
    seen = look(events("one", "two"), {"watching": {"word": tmp_path / "word"}})
    assert unpacked(seen.found["watching"]) == ["scan", "scan"]
    assert seen.events["qingdun.attack"].to_list() == ["scan", "scan"]
    assert (seen.blind, seen.urgent) == ({}, False)
    assert look(events("urgent"), {}).urgent


def test_a_row_that_nobody_can_look_at_costs_only_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, ("watching", watching))
    lines = [f"line {n}" for n in range(40)]
    lines[17] = "poison"
    seen = look(events(*lines), {})
    assert len(unpacked(seen.found["watching"])) == 39
    assert seen.events["event.original"].to_list() == lines
    assert seen.events["qingdun.row"].to_list() == list(range(40))
    assert [n for n, attack in enumerate(seen.events["qingdun.attack"]) if attack is None] == [17]
    assert "1 行" in seen.blind["watching"]


@pytest.mark.parametrize(
    "fault",
    [
        lambda events, material: watching.Sight(events[:1]),
        lambda events, material: watching.Sight(events.drop("message")),
        lambda events, material: watching.Sight(events, found=lambda: None),
        lambda events, material: 1 / 0,
    ],
)
def test_a_faulty_room_leaves_the_events_and_the_others_alone(monkeypatch: pytest.MonkeyPatch, fault: object) -> None:
    only(monkeypatch, ("faulty", room("faulty", look=fault)), ("watching", watching), broken={"gone": "ImportError"})
    seen = look(events("one", "two"), {})
    assert seen.events["event.original"].to_list() == ["one", "two"]
    assert set(seen.blind) == {"faulty", "gone"}
    assert unpacked(seen.found.get("faulty")) is None
    assert len(unpacked(seen.found["watching"])) == 2
