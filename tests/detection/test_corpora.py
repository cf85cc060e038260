"""Public rules and events (QINGDUN_CORPORA): every rule loads, and each finds in its regression events what it must."""

from __future__ import annotations

import os
import time
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
import yaml

from qingdun.detection.core import load
from qingdun.detection.core.pipelines import pipelines
from qingdun.detection.core.program import Program, link
from qingdun.detection.core.stream import Stream
from qingdun.detection.reading import batches, opened

ROOT = Path(os.environ.get("QINGDUN_CORPORA", "/nonexistent"))
pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(
        not ROOT.is_dir(), reason="QINGDUN_CORPORA names no folder: the corpora are measured only where they are"
    ),
]
CASES = sorted(ROOT.glob("sigma_regression/**/info.yml"))


@cache
def program() -> Program:
    loaded = load.load(load.files([ROOT / "sigma_rules"]), {})
    assert loaded.refused == ()
    return link(loaded.documents, pipelines())


@cache
def stream() -> Stream:
    return Stream(program(), time.perf_counter)


def test_all_rules_load_and_the_idle_ones_say_why() -> None:
    assert (program().loaded, program().refused) == (len(load.files([ROOT / "sigma_rules"])), [])
    assert all("占位符" in idle.reason for idle in program().idle)


@pytest.mark.parametrize("info", CASES, ids=lambda info: info.parent.name)
def test_a_rule_finds_its_regression_events(info: Path) -> None:
    told = yaml.safe_load(info.read_text())
    files = list(info.parent.glob("*.json"))
    if not files:
        pytest.skip("raw lines of a device; its regression test is commented out upstream")
    found: Counter[str] = Counter()
    for file in files:
        with opened(str(file)) as source:
            for batch in batches(source, str(file)):
                found.update(match.rule.id for match in stream().feed(batch.events, batch.raw))
    (rule,) = told["rule_metadata"]
    counts = [each.get("match_count") for each in told["regression_tests_info"]]
    assert found[rule["id"]] >= 1
    assert counts in ([None], [found[rule["id"]]])
