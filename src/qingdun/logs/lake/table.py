"""The Delta table as writers and readers use it. Keeping it small and fast is `lake.upkeep`'s work."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from threading import RLock
from typing import Any

import polars as pl
from deltalake import CommitProperties, DeltaTable, PostCommitHookProperties, Transaction
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from deltalake.transaction import AddAction, RemoveAction

from qingdun.lib.home import home
from qingdun.logs.core.columns import EVENT
from qingdun.logs.lake.files import Added, LakeFile, write_days
from qingdun.logs.spool.files import sync_folder

CHECKPOINT_EVERY = 100  # commits; opening reads one checkpoint and at most so many small files more
KEEP_REPLACED_HOURS = 2  # a replaced file stays this long for those reading it


class Lost(Exception):
    """A file to be committed is gone from the disk: read its batch again."""


class Lake:
    """The table under `root`, made on the first commit. One object serves the threads of a process."""

    def __init__(self, root: Path | None = None, zone: str | None = None) -> None:
        self.root = root or home() / "lake" / "events"
        self.zone = zone or os.environ.get("QINGDUN_ZONE", "Asia/Shanghai")
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
        """Make written files part of the table, once: False, changing nothing, when `app` already came this far.

        Two processes acting for the same `app` can not both succeed; the second gets `CommitFailedError`.
        """
        with self._lock:
            table = self._table() or self._create()
            if (table.transaction_version(app) or -1) >= version:
                return False
            self._touch(added)
            self.replace(added, [], commit=CommitProperties(app_transactions=[Transaction(app, version)]))
            return True

    def replace(self, added: Sequence[Added], removed: Sequence[LakeFile], commit: Any = None) -> None:
        """One version that gains `added` and loses `removed`; with neither losing nor gaining rows, a compaction."""
        with self._lock:
            table = self._table()
            milliseconds = int(time.time() * 1000)
            rearranged = bool(added and removed)
            actions = [
                AddAction(a.path, a.size, {"day": a.day.isoformat()}, milliseconds, not rearranged, a.stats)
                for a in added
            ] + [
                RemoveAction(
                    str(f.path.relative_to(self.root)), not rearranged, milliseconds, f.size, {"day": f.day.isoformat()}
                )
                for f in removed
            ]
            hooks = PostCommitHookProperties(create_checkpoint=True, cleanup_expired_logs=False)
            table.create_write_transaction(
                actions, "append", table.schema(), ["day"], commit_properties=commit, post_commithook_properties=hooks
            )
            table.update_incremental()
            self._sync_log(table.version())

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
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        schema = pl.DataFrame(schema={**EVENT, "day": pl.Date()}).to_arrow().schema
        settings = {
            "delta.checkpointInterval": str(CHECKPOINT_EVERY),
            "delta.logRetentionDuration": f"interval {KEEP_REPLACED_HOURS} hours",
            "delta.deletedFileRetentionDuration": f"interval {KEEP_REPLACED_HOURS} hours",
        }
        DeltaTable.create(str(self.root), schema, mode="ignore", partition_by=["day"], configuration=settings)
        return self._table()

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


__all__ = ["CommitFailedError", "Lake", "Lost"]
