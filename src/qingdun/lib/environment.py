"""What an installation chose, read from the environment. `docs/guide/settings.md` names every setting."""

from __future__ import annotations

import os
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from qingdun.lib.command import Unusable


def text(name: str, default: str = "") -> str:
    """The value of `name`, `default` when unset or empty."""
    return os.environ.get(name, "").strip() or default


def number(name: str, default: int, *, least: int = 0) -> int:
    """The value of `name` as a whole number, `default` when unset or empty. Raises Unusable below `least` too."""
    given = text(name)
    if not given:
        return default
    if not given.isascii() or not given.isdigit() or int(given) < least:
        raise Unusable(f"设置 {name} 的值“{given}”不可用；请写不小于 {least} 的整数，或去掉这项设置（默认 {default}）")
    return int(given)


def zone(default: str = "Asia/Shanghai") -> str:
    """The installation's time zone, `$QINGDUN_ZONE`. Raises Unusable for a zone that does not exist."""
    given = text("QINGDUN_ZONE", default)
    try:
        ZoneInfo(given)
    except (ZoneInfoNotFoundError, ValueError):
        raise Unusable(f"设置 QINGDUN_ZONE 的值“{given}”不是时区；请写成 {default} 的样子") from None
    return given
