from __future__ import annotations

from pathlib import Path

import pytest

from qingdun.lib.home import content, home


def test_home_is_made_for_its_owner_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QINGDUN_HOME", str(tmp_path / "deep" / "er"))
    assert home() == tmp_path / "deep" / "er"
    assert home().stat().st_mode & 0o777 == 0o700


def test_content_is_named_or_inside_the_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QINGDUN_HOME", str(tmp_path))
    assert content() == tmp_path / "content"
    monkeypatch.setenv("QINGDUN_CONTENT", str(tmp_path / "city"))
    assert content() == tmp_path / "city"
