from __future__ import annotations

import json
from pathlib import Path

import pytest

from qingdun.config.cli import main
from qingdun.detection.models import Indicator

pytestmark = pytest.mark.django_db


def run(*words: str) -> int:
    return main(["intelligence", *words])


def test_a_file_is_taken_in_and_asked_about(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    file = tmp_path / "list.txt"
    file.write_text("203.0.113.0/24\n10.0.0.1\n", "utf-8")
    assert run("import", str(file), "--shape", "addresses", "--dry-run") == 0
    assert not Indicator.objects.exists()
    assert run("import", str(file), "--shape", "addresses") == 0
    assert run("import", str(file), "--shape", "addresses") == 0
    assert run("match", "203.0.113.9", "evil.example") == 0
    told = [json.loads(line) for line in capfdbinary.readouterr().out.splitlines()]
    counts = [(one["read"], one["new"], one["unchanged"]) for one in told[:3]]
    assert counts == [(2, 1, 0), (2, 1, 0), (2, 0, 1)]
    assert told[0]["refused"][0]["reason"] == "私有地址"
    assert [one["value"] for one in told[3]["indicators"]] == ["203.0.113.0/24"]
    assert told[4]["indicators"] == []


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("import", "gone.txt", "--shape", "addresses"), "读不出"),
        (("import", "gone.txt", "--shape", "none"), "没有文件格式"),
        (("match", "nothing"), "不能查"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_line(
    words: tuple[str, ...], why: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(*words) == 2
    said = capfd.readouterr().err.strip()
    assert why in said
    assert "\n" not in said
