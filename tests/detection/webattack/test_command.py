"""`qingdun webattack`: one verdict a line, in order."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from qingdun.config.cli import main


def run(capfdbinary: pytest.CaptureFixture[bytes], *arguments: str) -> list[dict[str, object]]:
    assert main(["webattack", *arguments]) == 0
    return [json.loads(one) for one in capfdbinary.readouterr().out.splitlines()]


def test_one_verdict_a_line_in_order(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    file = tmp_path / "access.log"
    file.write_bytes(
        b'192.0.2.7 - - [10/Oct/2024:13:55:36 +0800] "GET /a HTTP/1.1" 200 5 "-" "Mozilla/5.0"\r\n'
        b"\xff\xfe\n"
        b'192.0.2.7 - - [10/Oct/2024:13:55:36 +0800] "GET /a?f=../../etc/passwd HTTP/1.1" 404 5 "-" "x"\n'
    )
    harmless, broken, attack = run(capfdbinary, str(file))
    assert harmless == {"attack": False, "class": None, "score": 0, "evidence": None}
    assert broken["attack"] is False
    assert (attack["attack"], attack["class"], "etc/passwd" in str(attack["evidence"])) == (
        True,
        "file_inclusion",
        True,
    )


def test_bare_values(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    file = tmp_path / "values.txt"
    file.write_text("o'neil\n1' or '1'='1\n", "utf-8")
    assert [one["attack"] for one in run(capfdbinary, "--values", str(file))] == [False, True]


def test_a_file_that_is_not_there_is_one_clear_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["webattack", str(tmp_path / "none.log")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
