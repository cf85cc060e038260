"""Settings: read in one place, named in one page, and one clear line when wrong."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import qingdun
from qingdun.lib import environment
from qingdun.lib.command import Unusable

PACKAGE = Path(qingdun.__file__).parent


@pytest.mark.parametrize("given", ["-1", "1.5", "abc", "１２", "0"])
def test_what_is_no_number_is_said(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("QINGDUN_READERS", given)
    with pytest.raises(Unusable, match=f"QINGDUN_READERS 的值“{given}”不可用"):
        environment.number("QINGDUN_READERS", 1, least=1)


def test_empty_means_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QINGDUN_READERS", " ")
    assert environment.number("QINGDUN_READERS", 3) == 3


def test_a_zone_that_does_not_exist_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QINGDUN_ZONE", "Asia/Nowhere")
    with pytest.raises(Unusable, match="QINGDUN_ZONE"):
        environment.zone()


def test_every_setting_stands_in_the_guide() -> None:
    guide = PACKAGE.parent.parent / "docs" / "guide" / "settings.md"
    named = set(re.findall(r"QINGDUN_[A-Z_]+", guide.read_text("utf-8")))
    used = {
        name for file in PACKAGE.rglob("*.py") for name in re.findall(r'"(QINGDUN_[A-Z_]+)"', file.read_text("utf-8"))
    }
    assert used and used <= named, sorted(used - named)
