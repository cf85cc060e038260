"""Write `docs/reference/` from the registries; `--check` fails when what is committed is stale."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

DOCS = Path(__file__).resolve().parent.parent / "docs" / "reference"


def commands() -> str:
    """One line per command, as `qingdun --help` prints them."""
    from importlib import import_module

    from qingdun.config.cli import commands as found

    rows = [f"| `qingdun {name}` | {import_module(module).HELP} |" for name, module in found().items()]
    return "\n".join(["# 命令", "", "| 命令 | 做什么 |", "|---|---|", *rows, ""])


def formats() -> str:
    """One line per log format."""
    from qingdun.logs.core.formats import formats as found

    rows = [
        f"| `{key}` | {one.vendor} | {one.name} | {one.device} | {len(one.samples)} |" for key, one in found().items()
    ]
    return "\n".join(["# 日志格式", "", "| 键 | 厂商 | 名称 | 设备类别 | 样例数 |", "|---|---|---|---|---|", *rows, ""])


def roles() -> str:
    """What each role may do and never meets."""
    from qingdun.access.permissions import all_permissions
    from qingdun.access.roster import roles as found

    def names(keys: frozenset[str]) -> list[str]:
        return [found()[key].name for key in sorted(keys)]

    rows = []
    for role in found().values():
        may = "、".join(all_permissions()[key] for key in sorted(role.may))
        never = "其他任何角色" if role.officer else "、".join([*names(role.excludes), "三员"])
        rows.append(f"| {role.name} | {role.purpose} | {may} | {never} |")
    return "\n".join(["# 角色", "", "| 角色 | 用途 | 权限 | 不得兼任 |", "|---|---|---|---|", *rows, ""])


def indicators() -> str:
    """Every figure with its definition."""
    from qingdun.reporting.figures import indicators as found

    rows = [f"| `{one.key}` | {one.name} | {one.unit} | {one.definition} |" for one in found().values()]
    return "\n".join(["# 指标", "", "| 键 | 名称 | 单位 | 口径 |", "|---|---|---|---|", *rows, ""])


def columns() -> str:
    """The columns of an event."""
    from qingdun.logs.core.columns import EVENT

    rows = [f"| `{name}` | {kind} |" for name, kind in EVENT.items()]
    return "\n".join(["# 事件字段", "", "| 字段 | 类型 |", "|---|---|", *rows, ""])


def rules() -> str:
    """Our own detection rules, those that only serve a correlation left out."""
    from qingdun.detection.book import book
    from qingdun.detection.classes import classes

    own = [one for one in book().values() if one.own and not (one.serves and not one.fires)]
    named = {key: kind.name for key, kind in classes().items()}
    levels = ("提示", "低", "中", "高", "严重")
    rows = [
        f"| {one.group} | {one.title} | {levels[one.level - 1]} | {named.get(one.attack, '')} "
        f"| {'、'.join(one.techniques)} | `{one.id}` |"
        for one in sorted(own, key=lambda one: (one.group, -one.level, one.title))
    ]
    head = ["# 自带检测规则", "", f"共 {len(own)} 条；只供关联规则计数的不列。", ""]
    columns = ["| 分组 | 名称 | 级别 | 攻击类别 | ATT&CK | 编号 |", "|---|---|---|---|---|---|"]
    return "\n".join([*head, *columns, *rows, ""])


def policies() -> str:
    """The block policies that come with the package, with their conditions as the page tells them."""
    from qingdun.operations import policing
    from qingdun.operations.models import PolicySetting
    from qingdun.operations.policyfiles import policies as found

    modes = {key: str(name) for key, name in PolicySetting.Mode.choices}
    rows = [
        f"| `{key}` | {one.name} | {modes[one.mode]} | {one.note} | {'；'.join(policing.told(one))} |"
        for key, one in found().items()
    ]
    head = ["| 键 | 名称 | 出厂方式 | 用途 | 条件 |", "|---|---|---|---|---|"]
    return "\n".join(["# 封禁策略", "", *head, *rows, ""])


def permissions() -> str:
    """The permission matrix, as its rows state it and `tests/matrix` proves it with real requests."""
    sys.path.insert(0, str(DOCS.parent.parent))
    from tests.matrix.page import page

    return page()


PAGES: dict[str, Callable[[], str]] = {
    "commands.md": commands,
    "formats.md": formats,
    "roles.md": roles,
    "indicators.md": indicators,
    "event-fields.md": columns,
    "rules.md": rules,
    "policies.md": policies,
    "permissions.md": permissions,
}


def main() -> int:
    os.environ["QINGDUN_HOME"] = tempfile.mkdtemp()
    os.environ.pop("QINGDUN_CONTENT", None)
    os.environ["DJANGO_SETTINGS_MODULE"] = "qingdun.config.settings"
    import django

    django.setup()
    DOCS.mkdir(parents=True, exist_ok=True)
    stale = [name for name, page in PAGES.items() if not _current(DOCS / name, page())]
    if "--check" not in sys.argv:
        for name in stale:
            (DOCS / name).write_text(PAGES[name](), "utf-8")
        return 0
    for name in stale:
        print(f"docs/reference/{name} 过期；请运行 python scripts/reference.py", file=sys.stderr)
    return 1 if stale else 0


def _current(file: Path, text: str) -> bool:
    return file.exists() and file.read_text("utf-8") == text


if __name__ == "__main__":
    sys.exit(main())
