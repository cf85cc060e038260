from __future__ import annotations

from pathlib import Path

import pytest

from qingdun.lib.home import home
from qingdun.logs.folders import may_be_named


@pytest.fixture(autouse=True)
def listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "logs"
    (folder / "nginx").mkdir(parents=True)
    (folder / "away").symlink_to(tmp_path)
    monkeypatch.setenv("QINGDUN_LOG_FOLDERS", f"{folder}, /srv/none")
    return folder


@pytest.mark.parametrize("rest", ["", "nginx", "nginx/access.log", "not-there-yet.log", "nginx/*.log", "*/[ab]?.log"])
def test_what_lies_below_a_listed_folder_may_be_named(listed: Path, rest: str) -> None:
    assert may_be_named(str(listed / rest))


@pytest.mark.parametrize(
    "rest", ["..", "../other.log", "nginx/../../other", "*/../../x", "away/x.log", "away/*", "-x/y"]
)
def test_what_leads_out_of_it_may_not(listed: Path, rest: str) -> None:
    assert not may_be_named(f"{listed}{rest}" if rest.startswith("-") else f"{listed}/{rest}")


@pytest.mark.parametrize("path", ["/etc/shadow", "/", "/*", "logs/access.log", "*", "", "/proc/self/environ"])
def test_nor_anything_else(path: str) -> None:
    assert not may_be_named(path)


@pytest.mark.parametrize("rest", ["secret.key", "*", ""])
def test_the_installation_itself_never_however_wide_the_list(monkeypatch: pytest.MonkeyPatch, rest: str) -> None:
    monkeypatch.setenv("QINGDUN_LOG_FOLDERS", "/")
    assert not may_be_named(str(home() / rest))
