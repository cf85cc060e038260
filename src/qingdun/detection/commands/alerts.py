"""`qingdun alerts`: the queue of alerts on the command line, one JSON object a line, the newest first."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from qingdun.lib.command import Unusable

if TYPE_CHECKING:
    from qingdun.detection.models import Alert

DJANGO = True
HELP = "列出告警，每条一行 JSON，新的在前"
LEVELS = {"informational": 1, "low": 2, "medium": 3, "high": 4, "critical": 5}
STATES = ("new", "working", "confirmed", "handled", "false", "ignored")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--state", action="append", choices=(*STATES, "open"), help="状态，可重复；open 为未关闭的")
    parser.add_argument("--level", choices=sorted(LEVELS, key=LEVELS.__getitem__), help="最低级别")
    parser.add_argument("--rule", help="规则的 id")
    parser.add_argument("--attack", metavar="KEY", help="攻击类别")
    parser.add_argument("--source", metavar="ADDRESS", help="源地址")
    parser.add_argument("--since", metavar="DATE", help="末次不早于这一天，如 2026-10-01")
    parser.add_argument("--limit", type=int, default=100, help="最多列出多少条，默认 100")


def run(options: argparse.Namespace) -> int:
    from qingdun.detection.models import Alert

    if options.limit < 1:
        raise Unusable(f"--limit 应是正整数，不是 {options.limit}")
    rows = (
        Alert.objects.filter(**_narrowed(options)).select_related("unit", "system", "assignee").order_by("-last", "-pk")
    )
    for one in rows[: options.limit]:
        sys.stdout.write(json.dumps(_plain(one), ensure_ascii=False) + "\n")
    return 0


def _narrowed(options: argparse.Namespace) -> dict[str, Any]:
    wanted = {"rule": options.rule, "attack": options.attack, "source": options.source}
    found: dict[str, Any] = {name: value for name, value in wanted.items() if value is not None}
    if options.state:
        states = set(options.state) - {"open"} | (set(STATES[:3]) if "open" in options.state else set())
        found["state__in"] = sorted(states)
    if options.level:
        found["level__gte"] = LEVELS[options.level]
    if options.since:
        found["last__gte"] = _start(options.since)
    return found


def _start(text: str) -> datetime:
    from django.utils import timezone

    try:
        return timezone.make_aware(datetime.strptime(text, "%Y-%m-%d"))
    except ValueError:
        raise Unusable(f"--since 的“{text}”不是日期，请写成 2026-01-31 这样") from None


def _plain(one: Alert) -> dict[str, Any]:
    times = {name: _moment(getattr(one, name)) for name in ("first", "last", "raised", "closed")}
    return {
        **{name: getattr(one, name) for name in ("id", "rule", "title", "level", "attack", "techniques")},
        **{name: getattr(one, name) for name in ("source", "target", "hits", "state", "delay")},
        **times,
        "host": one.host_id,
        "system": one.system.code if one.system else None,
        "unit": one.unit.code if one.unit else None,
        "assignee": one.assignee.username if one.assignee else None,
    }


def _moment(value: datetime | None) -> str | None:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z") if value else None
