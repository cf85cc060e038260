"""The peer, run by another Python that has pysigma-backend-sqlite: rules → SQL, events → a table, one query a rule.

A stand-in for Zircolite, which does the same. Usage: RULES EVENTS; prints one JSON object.
"""

from __future__ import annotations

import gzip
import json
import sqlite3
import sys
import time
from pathlib import Path
from typing import Any


def main(rules: str, events: str) -> None:
    queries, refused = _queries(Path(rules))
    raw = gzip.decompress(Path(events).read_bytes()) if events.endswith(".gz") else Path(events).read_bytes()
    lines = raw.splitlines()
    began = time.process_time()
    database = _table(lines)
    loaded = time.process_time()
    matches = failed = 0
    for query in queries:
        try:
            matches += len(database.execute(query).fetchall())
        except sqlite3.Error:  # a field no event has
            failed += 1
    ended = time.process_time()
    made = {"events": len(lines), "rules": len(queries), "refused": refused, "without_columns": failed}
    seconds = {"load": loaded - began, "query": ended - loaded, "cpu": ended - began}
    sys.stdout.write(json.dumps({**made, "matches": matches, **seconds}))


def _queries(folder: Path) -> tuple[list[str], int]:
    from sigma.backends.sqlite import sqliteBackend
    from sigma.collection import SigmaCollection
    from sigma.pipelines.sysmon import sysmon_pipeline
    from sigma.pipelines.windows import windows_logsource_pipeline

    backend = sqliteBackend(sysmon_pipeline() + windows_logsource_pipeline())
    queries: list[str] = []
    refused = 0
    for file in sorted(folder.rglob("*.yml")):
        text = file.read_text()
        if "product: windows" in text:
            try:
                queries += backend.convert(SigmaCollection.from_yaml(text))
            except Exception:
                refused += 1
    return [query.replace("<TABLE_NAME>", "logs") for query in queries], refused


def _table(lines: list[bytes]) -> sqlite3.Connection:
    events: list[dict[str, Any]] = [json.loads(line) for line in lines]
    columns = sorted({name.lower(): name for event in events for name in event}.values())
    database = sqlite3.connect(":memory:")
    named = ", ".join(f'"{name}" TEXT COLLATE NOCASE' for name in columns)
    database.execute(f"CREATE TABLE logs ({named})")
    values = [[_plain(event.get(name)) for name in columns] for event in events]
    marks = ", ".join("?" * len(columns))
    database.executemany(f"INSERT INTO logs VALUES ({marks})", values)  # noqa: S608 (question marks alone)
    return database


def _plain(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, list | dict) else value


if __name__ == "__main__":
    main(*sys.argv[1:3])
