"""The shipped policies keep their promises; a broken file says what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from qingdun.lib.registry import BrokenContent
from qingdun.operations.policyfiles import policies

GOOD = """
name: 试
english: Try
note: 说明
note_en: Note
mode: propose
when: {attacks: [scanner]}
hits: 2
minutes: 5
term: 60
samples:
  - {signals: [{source: 203.0.113.1, attack: scanner, at: '10:00:00', hits: 2}], decides: [{source: 203.0.113.1}]}
  - {signals: [{source: 203.0.113.1, attack: scanner, at: '10:00:00'}], decides: []}
"""


@pytest.fixture(autouse=True)
def anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("QINGDUN_CONTENT", str(tmp_path))
    folder = tmp_path / "operations" / "policies"
    folder.mkdir(parents=True)
    return folder


def test_only_what_devices_bear_each_other_out_on_blocks_by_itself() -> None:
    assert [key for key, one in policies().items() if one.mode == "block"] == ["multi_device"]
    assert policies()["multi_device"].devices >= 2


def test_a_city_adds_its_own_and_changes_it(anew: Path) -> None:
    assert "ours" not in policies()
    (anew / "ours.yaml").write_text(GOOD)
    assert policies()["ours"].hits == 2
    (anew / "ours.yaml").write_text(GOOD.replace("term: 60", "term: 120"))
    assert policies()["ours"].term == 120


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("[scanner]", "[scaner]", "没有攻击类别 scaner"),
        ("{attacks: [scanner]}", "{rules: [nothing]}", "没有规则 nothing"),
        ("hits: 2\n", "hits: 0\n", "hits"),
        ("minutes: 5\n", "", "minutes"),
        ("hits: 2\n", "hits: 3\n", "样例应得"),
    ],
)
def test_a_broken_policy_is_refused_with_its_reason(anew: Path, old: str, new: str, says: str) -> None:
    (anew / "ours.yaml").write_text(GOOD.replace(old, new, 1))
    with pytest.raises(BrokenContent, match="ours.yaml") as refused:
        policies()
    assert says in str(refused.value)
