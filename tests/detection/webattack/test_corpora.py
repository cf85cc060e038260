"""The develop corpora: recall, harmless requests touched, false alarms. Bars of the issue on detection, line 4."""

from __future__ import annotations

import csv
import json
import os
from collections import Counter
from pathlib import Path

import pytest

from qingdun.detection.core.webattack.columns import scan_lines, scan_values

pytestmark = pytest.mark.corpus
CORPORA = Path(os.environ.get("QINGDUN_CORPORA", "/nonexistent"))


def _escaped(text: str) -> str:
    """As nginx writes it into a log."""
    return "".join(one if one not in '"\\' and ord(one) >= 32 else f"\\x{ord(one):02X}" for one in text)


def test_requests_as_an_access_log_sees_them() -> None:
    cases = json.loads((CORPORA / "crs_accesslog" / "cases.json").read_text("utf-8"))
    lines = [
        f'192.0.2.1 - - [10/Oct/2024:13:55:36 +0800] "{case["method"]} {_escaped(case["uri"])} HTTP/1.1" 200 12 '
        f'"{_escaped(case["referer"]) or "-"}" "{_escaped(case["ua"])}"'
        for case in cases
    ]
    found: Counter[tuple[str, bool]] = Counter()
    for case, verdict in zip(cases, scan_lines(lines), strict=True):
        found[case["label"], verdict.is_attack] += 1
    recall = found["attack", True] / (found["attack", True] + found["attack", False])
    touched = found["neg", True] / (found["neg", True] + found["neg", False])
    print(f"crs_accesslog: recall {recall:.1%}, negatives touched {touched:.1%}")
    assert recall >= 0.90
    assert touched <= 0.055


def test_values_of_parameters() -> None:
    with (CORPORA / "http_params" / "payload_train.csv").open(encoding="utf-8", errors="replace", newline="") as file:
        rows = list(csv.DictReader(file))
    seen: Counter[str] = Counter()
    of: Counter[str] = Counter(row["attack_type"] for row in rows)
    for row, verdict in zip(rows, scan_values([row["payload"] for row in rows]), strict=True):
        seen[row["attack_type"]] += verdict.is_attack
    attacks = [kind for kind in of if kind != "norm"]
    recall = sum(seen[kind] for kind in attacks) / sum(of[kind] for kind in attacks)
    print(f"http_params: recall {recall:.2%}, false {seen['norm']}/{of['norm']}, {dict(seen)}")
    assert recall >= 0.985
    assert seen["norm"] / of["norm"] <= 0.001
    assert min(seen[kind] / of[kind] for kind in ("path-traversal", "cmdi")) >= 0.90
