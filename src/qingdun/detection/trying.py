"""规则试验: lines as received against rules, with nothing stored: read, enriched, matched, explained. No Django.

Bounded by bytes and lines; every step is linear in them.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from qingdun.detection import looking
from qingdun.detection.core import sigma
from qingdun.detection.core.explain import Explainer
from qingdun.detection.core.frames import objects
from qingdun.detection.core.parts import Part
from qingdun.detection.core.pipelines import Pipeline, pipelines
from qingdun.detection.core.program import Program, link
from qingdun.detection.core.rules import Correlation, Document, Refusal, Rule
from qingdun.detection.core.stream import Stream
from qingdun.lib import environment
from qingdun.lib.home import home
from qingdun.logs.core.columns import EVENT, RAW
from qingdun.logs.core.formats import LogFormat
from qingdun.logs.core.read import Reader
from qingdun.logs.core.split import records

MOST_BYTES, MOST_LINES = 64 * 1024, 200
ENRICHED_FROM = ("assets", "indicators")  # of what the pipeline publishes


class TooMuch(ValueError):
    """More than is tried at once."""


@dataclass(frozen=True, slots=True)
class Tried:
    """One event: its columns, the rules that fired on it, and the chosen rule explained."""

    fields: Mapping[str, Any]
    rules: tuple[Rule | Correlation, ...]
    why: Part | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """All events of a try; `refused` says what of the pasted rule cannot be used, then nothing was matched."""

    events: tuple[Tried, ...]
    refused: tuple[Refusal, ...] = ()


def read(lines: str, formats: Mapping[str, LogFormat], at: datetime, form: str = "") -> pl.DataFrame:
    """Lines as received → events with the columns of EVENT. Raises `TooMuch`."""
    whole = lines.encode("utf-8", "replace")
    cut = [line for line in whole.splitlines() if line.strip()]
    if len(whole) > MOST_BYTES or len(cut) > MOST_LINES:
        raise TooMuch(f"一次最多试 {MOST_LINES} 行、{MOST_BYTES // 1024} KB，请减少后再试")
    return events(cut, formats, at, form)


def events(cut: Sequence[bytes], formats: Mapping[str, LogFormat], at: datetime, form: str = "") -> pl.DataFrame:
    """Lines, none of them empty → events with the columns of EVENT; records of several lines become one."""
    rows = {"raw": cut, "received": [at] * len(cut), "source": [None] * len(cut), "format": [form or None] * len(cut)}
    read = Reader(formats, environment.zone()).read(records(pl.DataFrame(rows, schema=RAW)))
    batch = pl.lit("试验").alias("qingdun.batch")
    return read.with_columns(batch, pl.int_range(pl.len(), dtype=pl.Int32).alias("qingdun.row")).select(list(EVENT))


def enriched(events: pl.DataFrame) -> pl.DataFrame:
    """What the pipeline would add: whose the event is, intelligence, the attack class."""
    return looking.look(events, published()).events if events.height else events


def published() -> dict[str, Path]:
    """The newest files the pipeline reads; none on a machine where it never ran."""
    folder = home() / "watch" / "material" / "detection"
    found: dict[str, Path] = {}
    for name in ENRICHED_FROM:
        files = sorted(folder.glob(f"{name}-*"), key=lambda file: file.stat().st_mtime) if folder.is_dir() else []
        if files:
            found[name] = files[-1]
    return found


def pasted(text: str) -> tuple[list[Document], tuple[Refusal, ...]]:
    """The documents of a pasted rule, and why it cannot be used."""
    try:
        return sigma.documents(sigma.yaml_documents(text.encode()), "粘贴的规则"), ()
    except sigma.Wrong as error:
        return [], (Refusal("粘贴的规则", error.key, str(error), error.rule_id),)


def tried(
    events: pl.DataFrame,
    documents: Sequence[Document],
    chosen: Rule | Correlation | None,
    program: Program | None = None,
) -> Result:
    """Match the documents (or the program already made of them), explain the chosen one on every event."""
    using: Mapping[str, Pipeline] = pipelines()
    made = program or link(documents, using)
    seen = objects(events, environment.zone())
    fired: dict[int, list[Rule | Correlation]] = {}
    for found in Stream(made, time.perf_counter).feed(seen):
        fired.setdefault(found.event, []).append(found.rule)
    explainer = Explainer(documents, using) if chosen else None
    rows = [{name: value for name, value in row.items() if value is not None} for row in events.to_dicts()]
    return Result(
        tuple(
            Tried(
                rows[number],
                tuple(fired.get(number, ())),
                explainer.explain(chosen, event) if explainer and chosen else None,
            )
            for number, event in enumerate(seen)
        ),
        tuple(one for one in made.refused if program is None),
    )
