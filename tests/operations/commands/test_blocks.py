from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from qingdun.config.cli import main
from qingdun.operations import actions


def test_the_list_is_printed_a_block_a_line(
    officer: Any, tomorrow: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    actions.block(["203.0.113.9", "203.0.113.10"], by=officer, reason="扫描", until=tomorrow)
    assert main(["blocks", "--covers", "203.0.113.8/31", "--state", "standing"]) == 0
    (line,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert (line["address"], line["reason"], line["devices"]) == ("203.0.113.9", "扫描", {})


def test_what_is_no_address_is_refused(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["blocks", "--covers", "nowhere"]) == 2
    assert "nowhere" in capsys.readouterr().err
