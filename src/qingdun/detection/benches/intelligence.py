"""How fast a million indicators load, and at what rate events pass by them."""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import polars as pl

from qingdun.detection.core.indicators_index import SCHEMA, load, write
from qingdun.detection.core.indicators_meeting import NAME, meet
from qingdun.logs.benches import _machine
from qingdun.logs.core.columns import EVENT

HELP = "实测情报比对：载入与比对的速度、占用的内存"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--indicators", type=int, default=1_000_000, help="造多少条情报，默认 1,000,000")
    parser.add_argument("--events", type=int, default=20_000, help="一批多少个事件，默认 20,000")
    parser.add_argument("--runs", type=int, default=7, help="测几遍，默认 7")


def run(options: argparse.Namespace) -> int:
    dice = random.Random(7)  # noqa: S311  # invented indicators
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "indicators.arrow"
        written = _seconds(lambda: write(file, _indicators(dice, options.indicators)))
        before, began = _resident(), time.perf_counter()
        matcher = load(file)
        loaded, grown = time.perf_counter() - began, _resident() - before
        events = _events(dice, options.events)
        spent = [_seconds(lambda: meet(events, matcher)) for _run in range(options.runs)]
        found = meet(events, matcher)[NAME].count()
    said = {
        "machine": _machine.words(),
        "indicators": options.indicators,
        "make_and_write_seconds": round(written, 2),
        "load_seconds": round(loaded, 2),
        "load_megabytes": grown >> 20,
        "events": options.events,
        "met": found,
        "events_per_second": {
            "median": round(options.events / median(spent)),
            "least": round(options.events / max(spent)),
            "most": round(options.events / min(spent)),
        },
    }
    print(json.dumps(said, ensure_ascii=False, indent=2))
    return 0


def _seconds(act: object) -> float:
    assert callable(act)
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def _resident() -> int:
    """Bytes of this process in memory; 0 where the system does not say."""
    told = Path("/proc/self/statm")
    return int(told.read_text().split()[1]) * 4096 if told.exists() else 0


def _address(dice: random.Random) -> str:
    return f"{dice.randrange(1, 223)}.{dice.randrange(256)}.{dice.randrange(256)}.{dice.randrange(256)}"


def _indicators(dice: random.Random, count: int) -> pl.DataFrame:
    """Half addresses, a tenth networks, a fifth domains, a tenth URLs, a tenth hashes."""
    rows = []
    for number in range(count):
        match number % 10:
            case 0 | 1 | 2 | 3 | 4:
                rows.append(("address", _address(dice)))
            case 5:
                rows.append(("network", f"{_address(dice).rpartition('.')[0]}.0/24"))
            case 6 | 7:
                rows.append(("domain", f"d{number}.{dice.randrange(10**6)}.example"))
            case 8:
                rows.append(("url", f"http://h{dice.randrange(10**6)}.example/p/{number}"))
            case _:
                rows.append(("md5", f"{dice.getrandbits(128):032x}"))
    told = {"kind": [kind for kind, _value in rows], "value": [value for _kind, value in rows]}
    frame = pl.DataFrame(told).with_columns(pl.lit("c2").alias("category"), pl.lit(50, pl.Int16).alias("weight"))
    return frame.with_columns(pl.lit(None, SCHEMA[name]).alias(name) for name in ("since", "until"))


def _events(dice: random.Random, count: int) -> pl.DataFrame:
    """Every event of another source: harder than life, where few sources make most lines."""
    now = datetime(2026, 11, 1, tzinfo=UTC)
    told = {
        "@timestamp": [now] * count,
        "source.ip": [_address(dice) for _event in range(count)],
        "destination.ip": [f"10.20.{number % 8}.{number % 200}" for number in range(count)],
        "url.domain": [f"www{number % 50}.city.example" for number in range(count)],
        "url.original": [f"/list?id={number}" for number in range(count)],
        "file.hash.md5": [f"{dice.getrandbits(128):032x}" for _event in range(count)],
    }
    frame = pl.DataFrame(told)
    absent = [pl.lit(None, kind).alias(name) for name, kind in EVENT.items() if name not in frame.columns]
    return frame.with_columns(absent).select(pl.col(name).cast(kind) for name, kind in EVENT.items())
