"""DuckDB, fenced in: it reads the lake's folder and nothing else, and stops when a question's time is up."""
# ruff: noqa: S608 (what is put together here are column names of EVENT and paths of the lake; values are bound)

from __future__ import annotations

import atexit
import os
import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from threading import Lock, Timer

import duckdb
import polars as pl

from qingdun.lib import environment
from qingdun.logs.core.query.refusal import gettext_noop
from qingdun.logs.search.answers import SearchFailed
from qingdun.logs.search.plan import Chunk, ranges
from qingdun.logs.search.sql import HALVES, WIDE

_OPENING = Lock()


class OutOfTime(SearchFailed):
    """The budget ran out while a statement was running; its result is lost."""

    def __init__(self) -> None:
        super().__init__(gettext_noop("这次检索用时过长，请缩短时间范围或增加条件"))


@lru_cache(maxsize=4)
def _opened(root: Path, _process: int) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"memory_limit": environment.text("QINGDUN_SEARCH_MEMORY", "2GB")})
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET parquet_metadata_cache = true")
    connection.execute(HALVES)
    connection.execute(WIDE)
    connection.execute(f"SET allowed_directories = [{_quoted(str(root))}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    atexit.register(_close, connection)
    return connection


def _close(connection: duckdb.DuckDBPyConnection) -> None:
    """DuckDB's own threads must be gone before the interpreter is."""
    _opened.cache_clear()
    connection.close()


class Runner:
    """One question's connection and its clock."""

    def __init__(self, root: Path, budget: float) -> None:
        with _OPENING:
            self._cursor = _opened(root, os.getpid()).cursor()
        self._begun = time.perf_counter()
        self._deadline = self._begun + budget

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self._begun

    @property
    def left(self) -> float:
        return self._deadline - time.perf_counter()

    def extend(self, budget: float) -> None:
        """Give a further step its own time, however late the one before came home."""
        self._deadline = time.perf_counter() + budget

    def ask(self, text: str, values: Mapping[str, object]) -> pl.DataFrame:
        """Run one statement. Raises OutOfTime when the clock stops it, SearchFailed when it cannot be answered."""
        if self.left <= 0:
            raise OutOfTime
        timer = Timer(self.left, self._cursor.interrupt)
        timer.start()
        try:
            return pl.DataFrame(self._cursor.sql(text, params=dict(values)).to_arrow_table())
        except duckdb.InterruptException:
            raise OutOfTime from None
        except duckdb.OutOfMemoryException:
            raise SearchFailed(gettext_noop("这次检索占用内存过多，请缩短时间范围或增加条件")) from None
        except duckdb.IOException:
            raise SearchFailed(gettext_noop("日志文件刚被整理，请重新检索")) from None
        finally:
            timer.cancel()


def rows_of(chunks: Sequence[Chunk], select: str, where: str) -> str:
    """A SELECT over these chunks. A file read in part is a branch of its own: only so does DuckDB skip its rest."""
    wanted = ranges(chunks)
    whole = [path for path, rows in wanted.items() if rows is None]
    branches = [f"SELECT {select} FROM {files(whole)} WHERE {where}"] if whole else []
    for path, rows in wanted.items():
        if rows is not None:
            among = " OR ".join(f"file_row_number BETWEEN {first:d} AND {last:d}" for first, last in rows)
            branches.append(f"SELECT {select} FROM {files([path])} WHERE ({among}) AND {where}")
    return " UNION ALL ".join(branches)


def files(paths: Sequence[Path]) -> str:
    named = ", ".join(_quoted(str(path)) for path in paths)
    return f"read_parquet([{named}], filename = true, file_row_number = true, hive_partitioning = false)"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
