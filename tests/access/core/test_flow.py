from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from qingdun.access.approvals.registry import flows
from qingdun.access.core.flow import SCHEMA, At, Builder, Flow, Rule
from qingdun.access.permissions import all_permissions
from qingdun.access.roster import roles
from qingdun.lib.registry import BrokenContent, load

STEP = "{name: 审核, english: Review, may: inventory.edit, at: unit, days: 3%s}"
FILE = """
name: 试办
english: Trial
versions:
  - valid_from: 2026-01-01
    basis: 测试
    patience: 5
    reasons: [{key: other, name: 其他, english: Other}]
    steps: [%s]
"""


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """`read(text)`: the flow of a city's own file."""

    def build(text: str) -> Any:
        folder = tmp_path / "access" / "flows"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "trial.yaml").write_text(text, "utf-8")
        monkeypatch.setenv("QINGDUN_CONTENT", str(tmp_path))
        return load("qingdun.access.flows", Builder(all_permissions()), schema=SCHEMA, ours=False)["trial"]

    return build


@pytest.mark.parametrize("key", flows())
def test_every_flow_can_be_walked_to_its_end(key: str) -> None:
    """Each permission of a step is in some role, or the step would wait for ever; each place is one there is."""
    held = frozenset().union(*(role.may for role in roles().values()))
    for rule in flows()[key].versions:
        assert {permission for step in rule.steps for permission in step.permissions} <= held
        assert Rule.read(rule.document) == rule and len(rule.digest) == 64


def test_the_day_chooses_the_version(read: Callable[[str], Flow]) -> None:
    later = FILE.split("versions:\n")[1].replace("2026-01-01", "2026-07-01").replace("patience: 5", "patience: 9")
    flow = read(FILE % (STEP % "") + later % (STEP % ""))
    assert [flow.on(date(2026, *day)).patience for day in [(6, 30), (7, 1), (12, 1)]] == [5, 9, 9]
    assert flow.on(date(2025, 1, 1)).patience == 5
    assert flow.versions[0].digest != flow.versions[1].digest


@pytest.mark.parametrize(
    ("step", "says"),
    [
        (STEP % ", otherwise: {may: inventory.edit, at: unit}", "等于没有"),
        (STEP.replace("inventory.edit", "inventory.fly") % "", "没有这样的权限：inventory.fly"),
        (STEP.replace("at: unit", "at: nowhere") % "", "nearest"),
        (STEP.replace("at: unit", "at: platform") % ", extend: {days: 5, by: above}", "没有上级"),
        (STEP.replace("at: unit", "at: officers") % ", deciders: 3", "只有两员"),
        (STEP % ", deciders: 0", "不得小于 1"),
        ("", "至少 1 项"),
    ],
)
def test_a_flow_that_cannot_work_is_refused_with_words(read: Callable[[str], Flow], step: str, says: str) -> None:
    with pytest.raises(BrokenContent, match="trial.yaml") as error:
        read(FILE % step)
    assert says in str(error.value)


def test_versions_come_in_their_order(read: Callable[[str], Flow]) -> None:
    with pytest.raises(BrokenContent, match="从早到晚"):
        read(FILE % (STEP % "") + FILE.split("versions:\n")[1] % (STEP % ""))
    with pytest.raises(BrokenContent, match="不是日期"):
        read(FILE.replace("01-01", "13-41") % (STEP % ""))


def test_a_place_is_read_as_what_it_is(read: Callable[[str], Flow]) -> None:
    flow = read(FILE % (STEP % ", otherwise: {may: access.create, at: platform}"))
    step = flow.versions[0].steps[0]
    assert step.otherwise is not None and step.otherwise.at is At.PLATFORM
    assert step.permissions == ("inventory.edit", "access.create") and step.title("en-gb") == "Review"
