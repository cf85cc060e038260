"""情报比对表的发布: from the records to the file that readers map, and from what they met back to the records."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl
from django.db.models import Case, F, Value, When
from django.db.models.functions import Greatest

from qingdun.detection.core.indicators_index import SCHEMA, write
from qingdun.detection.core.indicators_meeting import Met
from qingdun.detection.models import Edition, Indicator
from qingdun.lib.home import home

COLUMNS = ("kind", "value", "category", "weight", "valid_from", "valid_until", "added")
AT_ONCE = 50_000  # rows held as Python objects


def publish(folder: Path) -> Path | None:
    """The file of the indicators as they stand, in `folder`; None when there are none.

    Whoever comes first after a change writes it, a job that took a feed in or the committer; later calls find it.
    """
    kept = prepare()
    if kept is None:
        return None
    file = folder / kept.name
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _linked(kept, file)
    return file


def prepare() -> Path | None:
    """The file in our own folder, written if the records have changed since."""
    edition = Edition.current()
    if not edition:
        return None
    folder = home() / "intelligence"
    file = folder / f"indicators-{edition}.arrow"
    if not file.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write(file, frame())
        _forget(folder, file)
    return file


def frame() -> pl.DataFrame:
    """All that may still count for some event, as rows of the matcher: false positives and feeds that are off do not.

    What is over stays: an event that comes late is measured by its own time. A beginning counts only where it lay
    ahead when the indicator arrived; what was bad yesterday may be looked for in last week.
    """
    rows = Indicator.objects.filter(marked=False, feed__on=True).values_list(*COLUMNS).iterator(AT_ONCE)
    kinds = {**SCHEMA, "added": SCHEMA["since"]}
    parts = [pl.DataFrame(schema=kinds)]
    while some := list(islice(rows, AT_ONCE)):
        parts.append(pl.DataFrame(some, schema=kinds, orient="row"))
    ahead = pl.when(pl.col("since") > pl.col("added")).then("since")
    return pl.concat(parts).with_columns(ahead.alias("since")).drop("added")


def count(found: Iterable[Met]) -> None:
    """Book what a batch met, in its transaction: under every feed that names the value."""
    for one in found:
        rows = Indicator.objects.filter(value=one.name)
        rows.update(hits=F("hits") + one.hits, last_seen=_later(one.last))


def _later(last: datetime) -> Any:
    """SQLite's greatest of null is null."""
    known = Greatest(F("last_seen"), Value(last))
    return Case(When(last_seen__isnull=True, then=Value(last)), default=known)


def _linked(kept: Path, file: Path) -> None:
    """Into the folder of the readers, in one step."""
    beside = file.with_name(f".{os.getpid()}-{file.name}")
    try:
        os.link(kept, beside)
    except OSError:  # another file system
        shutil.copyfile(kept, beside)
    beside.replace(file)


def _forget(folder: Path, kept: Path) -> None:
    """Older files go; a reader that has one mapped keeps it until it is done."""
    for file in folder.glob("indicators-*.arrow"):
        if file != kept:
            file.unlink(missing_ok=True)
