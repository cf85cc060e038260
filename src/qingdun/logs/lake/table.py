"""The Delta table as writers and readers use it. Keeping it small and fast is `lake.upkeep`'s work."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from threading import RLock
from typing import Any

import polars as pl
from deltalake import CommitProperties, DeltaTable, PostCommitHookProperties, Schema, Transaction
from deltalake.exceptions import DeltaError, TableNotFoundError
from deltalake.transaction import AddAction, RemoveAction

from qingdun.lib import environment
from qingdun.lib.home import home
from qingdun.logs.core.columns import EVENT
from qingdun.logs.lake.files import Added, LakeFile, write_days
from qingdun.logs.spool.files import sync_folder

CHECKPOINT_EVERY = 25  # commits; each commit and each opening reads up to so many small files
KEEP_REPLACED_HOURS = 2  # a replaced file stays this long for those reading it


class Lost(Exception):
    """A file to be committed is gone from the disk: read its batch again."""


class Lake:
    """The table under `root`, made on the first commit. One object serves the threads of a process."""

    def __init__(self, root: Path | None = None, zone: str | None = None) -> None:
        self.root = root or home() / "lake" / "events"
        self.zone = zone or environment.zone()
        self._lock = RLock()
        self._open: Any = None
        self._listed: tuple[int, list[LakeFile]] = (-1, [])

    # reading

    def files(self, start: datetime | None = None, end: datetime | None = None) -> list[LakeFile]:
        """The files of the newest version that may hold an `@timestamp` in [start, end)."""
        with self._lock:
            table = self._table()
            if table is None:
                return []
            if self._listed[0] != table.version():
                self._listed = (table.version(), self._list(table))
            listed = self._listed[1]
        return [f for f in listed if (start is None or f.latest >= start) and (end is None or f.earliest < end)]

    def position(self, app: str) -> int | None:
        """The version last committed by `app`; None when it never committed."""
        with self._lock:
            table = self._table()
            return None if table is None else table.transaction_version(app)

    def version(self) -> int:
        """-1 while nothing was ever stored."""
        with self._lock:
            table = self._table()
            return -1 if table is None else int(table.version())

    # writing

    def append(self, events: pl.DataFrame, app: str, version: int) -> bool:
        """Store `events` as version `version` of `app`: see `commit`."""
        return self.commit(write_days(self.root, events, f"{app}-{version:x}", self.zone), app, version)

    def commit(self, added: Sequence[Added], app: str, version: int) -> bool:
        """Make written files part of the table, once: False, changing nothing, when `app` already came this far."""
        with self._alone():
            table = self._table() or self._create()
            done = table.transaction_version(app)
            if done is not None and done >= version:
                return False
            self._widen(table)
            self._touch(added)
            self._write([_add(file, moves=False) for file in added], [Transaction(app, version)])
            return True

    def replace(self, added: Sequence[Added], removed: Sequence[LakeFile]) -> bool:
        """One version that gains `added` and loses `removed`; with both, the same rows in other files.

        False, changing nothing, when another process has replaced one of `removed` meanwhile.
        """
        with self._alone():
            if not {file.path for file in removed} <= {file.path for file in self.files()}:
                return False
            self._touch(added)
            moves = bool(added and removed)
            adds, removes = [_add(f, moves=moves) for f in added], [_remove(f, self.root, moves=moves) for f in removed]
            self._write([*adds, *removes], [])
            return True

    def table(self) -> Any:
        """The open DeltaTable at its newest version, for `lake.upkeep`; None while nothing was ever stored."""
        with self._lock:
            return self._table()

    # inside

    def _table(self) -> Any:
        try:
            if self._open is None:
                self._open = DeltaTable(str(self.root))
            self._open.update_incremental()
        except TableNotFoundError:
            self._open = None
        except DeltaError:  # the log this handle stood on has been cleaned away: start from the newest checkpoint
            self._open = DeltaTable(str(self.root))
        return self._open

    def _create(self) -> Any:
        settings = {
            "delta.checkpointInterval": str(CHECKPOINT_EVERY),
            "delta.logRetentionDuration": f"interval {KEEP_REPLACED_HOURS} hours",
            "delta.deletedFileRetentionDuration": f"interval {KEEP_REPLACED_HOURS} hours",
        }
        DeltaTable.create(str(self.root), _schema(), mode="ignore", partition_by=["day"], configuration=settings)
        return self._table()

    def _widen(self, table: Any) -> None:
        """Give the table the columns that events have gained since it was made."""
        present = {field.name for field in table.schema().fields}
        if missing := [field for field in _schema().fields if field.name not in present]:
            table.alter.add_columns(missing)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other processes from committing meanwhile: what was checked must still hold when it is written."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._lock, (self.root / "_commit.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _write(self, actions: list[Any], transactions: list[Any]) -> None:
        table = self._table()
        table.create_write_transaction(
            actions,
            "append",
            table.schema(),
            ["day"],
            commit_properties=CommitProperties(app_transactions=transactions),
            post_commithook_properties=PostCommitHookProperties(create_checkpoint=True, cleanup_expired_logs=False),
        )
        table.update_incremental()
        self._sync_log(table.version())

    def _touch(self, added: Sequence[Added]) -> None:
        """Freshen the files' times, so that `vacuum` does not take them for orphans between here and the commit."""
        for file in added:
            try:
                os.utime(self.root / file.path)
            except FileNotFoundError:
                raise Lost(file.path) from None

    def _sync_log(self, version: int) -> None:
        log = self.root / "_delta_log"
        try:
            handle = os.open(log / f"{version:020d}.json", os.O_RDONLY)
        except FileNotFoundError:  # another commit's clean-up was faster
            return
        os.fsync(handle)
        os.close(handle)
        sync_folder(log)

    def _list(self, table: Any) -> list[LakeFile]:
        actions = pl.DataFrame(table.get_add_actions(flatten=False))
        rows = actions.select(
            "path",
            rows="num_records",
            size="size_bytes",
            day=pl.col("partition").struct.field("day"),
            earliest=pl.col("min").struct.field("@timestamp").cast(pl.Datetime("us", "UTC")),
            latest=pl.col("max").struct.field("@timestamp").cast(pl.Datetime("us", "UTC")),
        ).sort("earliest", "path")
        return [LakeFile(self.root / path, *rest) for path, *rest in rows.iter_rows()]


def _schema() -> Any:
    return Schema.from_arrow(pl.DataFrame(schema={**EVENT, "day": pl.Date()}).to_arrow().schema)


def _add(file: Added, *, moves: bool) -> Any:
    now = int(time.time() * 1000)
    return AddAction(file.path, file.size, {"day": file.day.isoformat()}, now, not moves, file.stats)


def _remove(file: LakeFile, root: Path, *, moves: bool) -> Any:
    path, day = str(file.path.relative_to(root)), {"day": file.day.isoformat()}
    return RemoveAction(path, not moves, int(time.time() * 1000), file.size, day)
