from __future__ import annotations

from datetime import UTC, datetime

import pytest

from qingdun.operations.core.lists import NotAList, columns, read, write

FILE = "源IP,说明,截止\r\n198.51.100.7,扫描,2026-08-01 12:00\r\n,,\r\n198.51.100.8,爆破,不知道\r\n".encode("gb18030")
MAPPING = {"address": "源IP", "reason": "说明", "until": "截止"}


def test_columns_are_named_by_whoever_imports() -> None:
    assert columns(FILE) == ["源IP", "说明", "截止"]
    first, second = read(FILE, MAPPING, UTC)
    assert (first.address, first.reason, first.until) == ("198.51.100.7", "扫描", datetime(2026, 8, 1, 12, tzinfo=UTC))
    assert second.number == 4
    assert "不知道" in second.problem


@pytest.mark.parametrize("content", [b"", b"\n\n", FILE.replace("源IP".encode("gb18030"), b"src")])
def test_a_file_without_the_column_is_refused_whole(content: bytes) -> None:
    with pytest.raises(NotAList):
        read(content, MAPPING, UTC)


def test_a_reason_never_becomes_a_formula() -> None:
    assert "\r\n198.51.100.7,'=cmd()" in write([("198.51.100.7", "=cmd()")])
