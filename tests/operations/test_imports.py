"""A province's list: looked at first, then on the list by the same guards."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from qingdun.operations import actions
from qingdun.operations.models import Block
from qingdun.web.imports import actions as importing
from qingdun.web.imports.register import registers
from qingdun.web.imports.rows import What
from qingdun.web.models import Import

LIST = """序号,恶意IP,封禁原因,到期时间
1,203.0.113.40,省通报：扫描,
2,198.51.100.3,省通报：爆破,
3,203.0.113.9,省通报,
4,example.com,,
5,203.0.113.41,旧通报,2020-01-01 00:00
"""


def silent(*_words: object) -> None:
    return None


def test_a_list_is_shown_row_by_row_and_only_the_good_ones_count(officer: Any, tomorrow: datetime) -> None:
    actions.protect("198.51.100.0/28", "exit", "出口", by=officer)
    actions.block(["203.0.113.9"], by=officer, reason="扫描", until=tomorrow)
    given = importing.keep(registers()["operations.blocks"], "省.csv", LIST.encode("gb18030"), by=officer)
    importing.read(given, silent)
    given.refresh_from_db()
    assert given.state == Import.State.READY, given.problem
    counts = {key: given.counts.get(key, 0) for key in ("read", "new", "unchanged", "wrong")}
    assert counts == {"read": 5, "new": 1, "unchanged": 1, "wrong": 3}
    assert Block.objects.count() == 1
    importing.accept(given, [What.NEW], by=officer)
    importing.write(given, silent)
    block = Block.objects.get(address="203.0.113.40")
    assert (block.origin, block.state, block.by) == ("province", "standing", officer)
    assert "省通报：扫描" in block.reason
