"""Reading measured on public corpora (QINGDUN_CORPORA): what others assert about their logs must be what we read."""

from __future__ import annotations

import ast
import json
import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from qingdun.logs.core.columns import RAW
from qingdun.logs.core.formats import formats
from qingdun.logs.core.read import Reader

ROOT = Path(os.environ.get("QINGDUN_CORPORA", "/nonexistent"))
pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(
        not ROOT.is_dir(), reason="QINGDUN_CORPORA names no folder: the corpora are measured only where they are"
    ),
]
READER = Reader(formats())
RECEIVED = datetime(2026, 1, 1, tzinfo=UTC)
ASSERTED = re.compile(
    r"""^results(?P<event>\[.*?\](?:\.Overflow\.Alert\.Events\[\d+\]|\["[^"]+"\]\[\d+\]))"""
    r"""\.(?:Evt\.Meta\["(?P<meta>\w+)"\]|GetMeta\("(?P<get>\w+)"\)) == (?P<value>".*")$"""
)
FIELDS = ("source_ip", "http_status", "http_verb", "http_path")
FLOORS = {"web": 0.95, "sshd": 0.95, "other": 0.80}


@dataclass
class Case:
    """One scenario: the raw lines, and per asserted event the fields stated about it."""

    name: str
    kind: str
    lines: list[bytes]
    events: list[dict[str, str]] = field(default_factory=list)


def cases() -> Iterator[Case]:
    for folder in sorted((ROOT / "crowdsec_hub").iterdir()):
        if not (folder / "config.yaml").is_file():
            continue
        config = (folder / "config.yaml").read_text()
        if not (log := re.search(r"^log_file: (.+)$", config, re.M)) or not (folder / log[1].strip("\"' ")).is_file():
            continue
        form = re.search(r"^log_type: (.+)$", config, re.M)
        lines = [line for line in (folder / log[1].strip("\"' ")).read_bytes().split(b"\n") if line.strip()]
        yield Case(folder.name, kind(form[1] if form else "", config), lines, asserted(folder))


def kind(log_type: str, config: str) -> str:
    if log_type.strip("\"' ") in ("nginx", "apache2"):
        return "web"
    return "sshd" if "sshd-logs" in config else "other"


def asserted(folder: Path) -> list[dict[str, str]]:
    """Per asserted event what is said of it; the same event seen by several stages counts once per stage."""
    events: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for name in ("parser.assert", "scenario.assert"):
        if not (folder / name).is_file():
            continue
        for line in (folder / name).read_text().splitlines():
            if (said := ASSERTED.match(line)) and (said["meta"] or said["get"]) in FIELDS:
                events[name, said["event"]][said["meta"] or said["get"]] = ast.literal_eval(said["value"])
    return list(events.values())


def line_of(case: Case, said: dict[str, str], used: Counter[int]) -> int | None:
    """The line an asserted event came from: the least used of those that contain what is said of it."""
    words = [said[name].encode() for name in ("source_ip", "http_path", "http_verb") if said.get(name)]
    for take in (words, words[:1]):
        fit = [at for at, line in enumerate(case.lines) if all(word in line for word in take)]
        if fit:
            return min(fit, key=lambda at: (used[at], at))
    return None


def agrees(name: str, value: str, event: dict[str, Any]) -> bool:
    match name:
        case "source_ip":
            return event["source.ip"] is not None and plain(event["source.ip"]) == plain(value)
        case "http_status":
            return str(event["http.response.status_code"]) == value
        case "http_verb":
            return event["http.request.method"] == value.upper()
        case _:
            query = f"{event['url.path']}?{event['url.query']}"
            return value in (event["url.original"], event["url.path"], query)


def plain(address: str) -> str:
    try:
        found = ip_address(address)
    except ValueError:
        return address
    return str(getattr(found, "ipv4_mapped", None) or found)


def read(lines: list[bytes]) -> list[dict[str, Any]]:
    raw = pl.DataFrame({"raw": lines}, schema={"raw": RAW["raw"]}).with_columns(
        received=pl.lit(RECEIVED).cast(RAW["received"]),
        source=pl.lit(None, dtype=RAW["source"]),
        format=pl.lit(None, dtype=RAW["format"]),
    )
    return READER.read(raw).to_dicts()


def test_asserted_address_status_verb_and_path_are_ours_too() -> None:
    right: Counter[str] = Counter()
    total: Counter[str] = Counter()
    missed: list[str] = []
    for case in cases():
        if not case.events:
            continue
        events, used = read(case.lines), Counter[int]()
        for said in case.events:
            at = line_of(case, said, used)
            if at is not None:
                used[at] += 1
            for name, value in said.items():
                if not value:
                    continue
                total[case.kind] += 1
                near = events if at is None else [events[at]]
                if any(agrees(name, value, event) for event in near):
                    right[case.kind] += 1
                else:
                    shown = case.lines[at][:160].decode(errors="replace") if at is not None else ""
                    missed.append(f"{case.kind} {case.name}: {name}={value} | {shown}")
    shares = {group: right[group] / total[group] for group in FLOORS}
    print(shares, dict(total))
    print("\n".join(missed))
    assert all(shares[group] >= floor for group, floor in FLOORS.items()), shares


def test_most_lines_of_chinese_devices_give_three_fields() -> None:
    lines = [
        json.loads(line)["raw"].encode() for line in (ROOT / "chinese_devices/lines.jsonl").read_text().splitlines()
    ]
    events = read(lines)
    said = (
        "source.ip",
        "destination.ip",
        "source.port",
        "destination.port",
        "event.action",
        "rule.name",
        "url.original",
    )
    full = [
        sum(event[name] is not None for name in said)
        + (event["event.severity"] is not None or event["log.level"] is not None)
        >= 3
        for event in events
    ]
    share = sum(full) / len(full)
    print(f"{share:.3f} of {len(full)}")
    assert share >= 0.80
