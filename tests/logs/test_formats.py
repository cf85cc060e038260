"""Every format reads its own samples, and no broken format file passes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from qingdun.lib.registry import BrokenContent
from qingdun.logs.core.columns import EVENT, RAW
from qingdun.logs.core.formats import formats
from qingdun.logs.core.read import Reader

FORMATS = formats()
READER = Reader(FORMATS)
RECEIVED = datetime(2022, 7, 12, 9, 30, tzinfo=UTC)


def read(*lines: str | bytes, format: str | None = None) -> list[dict[str, Any]]:
    raws = [line.encode() if isinstance(line, str) else line for line in lines]
    frame = pl.DataFrame(
        {"raw": raws, "received": [RECEIVED] * len(raws), "source": [1] * len(raws), "format": [format] * len(raws)},
        schema=RAW,
    )
    return READER.read(frame).to_dicts()


SAMPLES = [(one.key, raw, expect) for one in FORMATS.values() for raw, expect in one.samples]


@pytest.mark.parametrize(("key", "raw", "expect"), SAMPLES, ids=[f"{k}-{i}" for i, (k, _, _) in enumerate(SAMPLES)])
def test_every_format_reads_its_own_samples(key: str, raw: str, expect: dict[str, Any]) -> None:
    (event,) = read(raw)
    assert event["qingdun.format"] == key
    for column, value in expect.items():
        wanted = datetime.fromisoformat(value) if column == "@timestamp" else value
        assert event[column] == wanted, column


def test_all_samples_in_one_batch_read_as_they_do_alone() -> None:
    lines = [raw for _, raw, _ in SAMPLES]
    together = read(*lines)
    assert together == [read(line)[0] for line in lines]
    assert list(together[0]) == list(EVENT)


GOOD: dict[str, Any] = {
    "name": "x",
    "vendor": "x",
    "device": "fw",
    "when": {"all": ["src="]},
    "body": "kv",
    "samples": [{"raw": "src=10.0.0.1", "expect": {"source.ip": "10.0.0.1"}}],
}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"device": "toaster"}, "device"),
        ({"when": {"regex": "x"}}, "when"),
        ({"body": {"regex": "(?<source.ip>"}}, "body"),
        ({"part": "("}, "part"),
        ({"fields": {"src_ip": "src"}}, "fields"),
        ({"values": {"event.severity": {"high": 9}}}, "values"),
        ({"values": {"qingdun.action": {"1..9999999999": "blocked"}}}, "values"),  # would fill the memory
        ({"zone": "Mars/Phobos"}, "zone"),
        ({"samples": []}, "samples"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_broken_format_names_the_file_and_the_key(
    change: dict[str, Any], named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "logs" / "formats"
    folder.mkdir(parents=True)
    (folder / "site_one.yaml").write_text(yaml.safe_dump({**GOOD, **change}))
    (folder / "site_two.yaml").write_text(yaml.safe_dump({**GOOD, "body": "smoke"}))
    monkeypatch.setenv("QINGDUN_CONTENT", str(tmp_path))
    with pytest.raises(BrokenContent) as broken:
        formats()
    first, second = sorted(map(str, broken.value.faults))[0], sorted(map(str, broken.value.faults))[-1]
    assert "site_one.yaml" in first
    assert named in first
    assert "site_two.yaml" in second


def test_a_format_of_the_site_is_read_beside_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "logs" / "formats"
    folder.mkdir(parents=True)
    (folder / "site_one.yaml").write_text(yaml.safe_dump(GOOD))
    monkeypatch.setenv("QINGDUN_CONTENT", str(tmp_path))
    assert formats()["site_one"].samples[0][1] == {"source.ip": "10.0.0.1"}


def test_ranges_and_masks_of_values() -> None:
    nsfocus, skyeye = FORMATS["nsfocus_ips_11f"].values, FORMATS["qax_skyeye"].values
    assert [nsfocus["qingdun.action"].get(word) for word in ("3", "1", "17", "accept")] == [
        "blocked",
        None,
        "blocked",
        "allowed",
    ]
    assert [skyeye["event.severity"][word] for word in ("1", "5", "7", "10")] == ["2", "3", "4", "5"]
