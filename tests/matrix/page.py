"""The matrix as `docs/reference/permissions.md`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import groupby

from qingdun.access.permissions import all_permissions
from tests.matrix.doors import doors, rows
from tests.matrix.rows import KEYED, PUBLIC, SIGNED_IN, VISITORS, Row

HEAD = """# 权限矩阵

每条路由、每个接口操作，由四种来访者各用真实请求去敲（`tests/matrix/`）：没登录的；登录了，但角色没有这项权限的（范围是全市）；
有这项权限，但在别的单位的；有这项权限，且就在这个单位的。`登录`＝转到登录页，`不见`＝打得开，但看不到那个单位的任何东西；
数字是 HTTP 状态码；（根）＝平台自己的东西，不属于任何单位，权限须在全市一级。
测试逐格核对：本页与实测不符，或有路由没列在这里，构建即失败。本页由 `python scripts/reference.py` 写成。
"""
WORDS = {SIGNED_IN: "已登录", PUBLIC: "任何人", KEYED: "设备的密钥"}


def page(answers: Callable[[Row], Mapping[str, str]] | None = None) -> str:
    """The page, with what was answered; without, with what must be answered, which the test proves to be the same."""
    parts = [HEAD]
    for room, group in groupby(sorted(rows(), key=lambda row: (_room(row), row.is_operation)), key=_room):
        parts += [
            f"\n## {room}\n",
            "| 方法 | 地址 | 权限 | 未登录 | 无此权限 | 别的单位 | 本单位 |",
            "|---|---|---|---|---|---|---|",
        ]
        parts += [_line(row, answers(row) if answers else expected(row)) for row in group]
    return "\n".join(parts) + "\n"


def expected(row: Row) -> dict[str, str]:
    return row.expected(doors()[row.at].parameters)


def _line(row: Row, heard: Mapping[str, str]) -> str:
    permission = WORDS.get(row.permission) or all_permissions()[row.permission] + ("（根）" if row.root else "")
    address = doors()[row.at].address.replace("|", "\\|") + row.query
    return f"| {row.method} | `{address}` | {permission} | {' | '.join(heard[who] for who in VISITORS)} |"


def _room(row: Row) -> str:
    if not row.is_operation:
        return row.at.split(":")[0]
    return doors()[row.at].address.removeprefix("/api/v1/").split("/")[0]
