from __future__ import annotations

import pytest

from qingdun.config.cli import main


def test_ten_searches_are_measured_on_a_small_lake(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "search", "--events", "20000", "--days", "2", "--runs", "2"]) == 0
    said = capsys.readouterr().out
    assert "20,000 条" in said and "全部 20 次" in said and "未查完" not in said
    assert "全部未识别的日志：50 条" in said and "最新 50 条：50 条" in said


def test_unusable_numbers_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "search", "--runs", "1"]) == 2
    assert "--runs" in capsys.readouterr().err
