"""What keeps the lake small and fast: fewer and sorted files, expiry, vacuum, a short log. Safe beside writers."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

import polars as pl

from qingdun.logs.core.columns import EVENT
from qingdun.logs.lake.files import Added, LakeFile, write_file
from qingdun.logs.lake.table import KEEP_REPLACED_HOURS, Lake

FILE_ROWS = 2_000_000  # a file with half of this is left alone
MERGE_BYTES = 512 * 1024 * 1024  # how much compressed input one merge takes, whatever its rows: bounds memory


def compact(lake: Lake, days: Iterable[date] | None = None) -> int:
    """Merge small files, each merge sorted by `@timestamp`, and index the result; how many files went away."""
    small = _small(lake)
    wanted = sorted(small) if days is None else sorted(set(days) & set(small))
    return sum(_merge(lake, day, group) for day in wanted for group in _groups(small[day]))


def small_days(lake: Lake) -> list[date]:
    """The days that `compact` would do something about."""
    return sorted(day for day, files in _small(lake).items() if len(files) > 1)


def _small(lake: Lake) -> dict[date, list[LakeFile]]:
    small: dict[date, list[LakeFile]] = {}
    for file in lake.files():
        if file.rows < FILE_ROWS // 2:
            small.setdefault(file.day, []).append(file)
    return small


def _groups(files: list[LakeFile]) -> Iterator[list[LakeFile]]:
    group: list[LakeFile] = []
    rows = size = 0
    for file in files:
        if group and (rows + file.rows > FILE_ROWS or size + file.size > MERGE_BYTES):
            yield group
            group, rows, size = [], 0, 0
        group.append(file)
        rows, size = rows + file.rows, size + file.size
    yield group


def _merge(lake: Lake, day: date, group: list[LakeFile]) -> int:
    if len(group) < 2:
        return 0
    merged: Added = write_file(lake.root, _read(group).sort("@timestamp", maintain_order=True), day, "merged")
    if not lake.replace([merged], group):
        (lake.root / merged.path).unlink(missing_ok=True)
        return 0
    _index(lake.root / merged.path)
    return len(group) - 1


def _read(files: list[LakeFile]) -> pl.DataFrame:
    """All columns of EVENT, also those that older files lack."""
    paths = [file.path for file in files]
    scanned = pl.scan_parquet(paths, schema=EVENT, missing_columns="insert", glob=False, hive_partitioning=False)
    return scanned.collect()


def expire(lake: Lake, before: date) -> int:
    """Drop the days before `before` from the table (their files go with the next `vacuum`); how many files."""
    old = [file for file in lake.files() if file.day < before]
    return len(old) if old and lake.replace([], old) else 0


def vacuum(lake: Lake, *, hours: float = KEEP_REPLACED_HOURS) -> int:
    """Delete files that no version holds and nobody has touched for `hours`; how many."""
    held = {file.path for file in lake.files()}
    limit = time.time() - hours * 3600
    gone = 0
    for file in lake.root.glob("day=*/*.parquet"):
        if file not in held and not file.name.startswith(".") and file.stat().st_mtime < limit:
            file.unlink(missing_ok=True)
            gone += 1
    _sweep(lake.root)
    for folder in lake.root.glob("day=*"):
        if not any(folder.iterdir()):
            folder.rmdir()
    return gone


def shorten_log(lake: Lake, *, hours: float = KEEP_REPLACED_HOURS) -> int:
    """Write a checkpoint, then delete the commits and checkpoints it makes superfluous; how many files went.

    A reader that opened an older version goes on until it refreshes, then starts again from the checkpoint.
    """
    if (table := lake.table()) is None:
        return 0
    table.create_checkpoint()
    log = lake.root / "_delta_log"
    limit = time.time() - hours * 3600
    newest = f"{table.version():020d}"
    old = [f for f in log.iterdir() if f.name[:20].isdigit() and f.name[:20] < newest and f.stat().st_mtime < limit]
    for file in sorted(old):
        file.unlink(missing_ok=True)
    return len(old)


def _index(path: Path) -> None:
    from qingdun.logs.index import build

    build(path)


def _sweep(root: Path) -> None:
    from qingdun.logs.index import sweep

    sweep(root)
