from __future__ import annotations

from typing import Any

import pytest

from qingdun.operations import actions
from qingdun.operations.core.lists import Line
from qingdun.operations.models import Block

pytestmark = pytest.mark.django_db


def test_lines_refused_stop_no_other_and_are_told(officer: Any) -> None:
    lines = [
        *(Line(2, "198.51.100.7", "扫描"), Line(3, "10.1.1.1"), Line(4, "不是地址")),
        *(Line(5, "198.51.100.7"), Line(6, "203.0.113.0/24")),
    ]
    done = actions.import_list(lines, by=officer, reason="省厅 7 月名单")
    assert [(one.address, one.state) for one in done.blocks] == [
        ("198.51.100.7", Block.State.STANDING),
        ("203.0.113.0/24", Block.State.WAITING),
    ]
    assert [one.number for one in done.refused] == [3, 4, 5]
    assert done.blocks[0].origin == Block.Origin.PROVINCE
    assert "198.51.100.7,inbound," in actions.export_list(by=officer)
