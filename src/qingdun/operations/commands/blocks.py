"""`qingdun blocks`: the block list as NDJSON, a block a line, the newest first."""

from __future__ import annotations

import argparse
import json
from typing import Any

from qingdun.lib.command import Unusable

DJANGO = True
HELP = "逐行打印封禁名单（JSON）；封禁与解封须具名，请在页面或用接口令牌办理"
STATES = ("proposed", "waiting", "standing", "conflict", "lifted", "expired", "refused", "lapsed", "dry")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--state", choices=STATES, help="只打印这种状态的")
    parser.add_argument("--covers", metavar="ADDRESS", default="", help="只打印覆盖这个地址或网段的")
    parser.add_argument("--limit", type=int, default=0, help="最多打印多少条，默认全部")


def run(options: argparse.Namespace) -> int:
    from qingdun.inventory.core.addresses import span
    from qingdun.operations.models import Block

    found = Block.objects.prefetch_related("placements__enforcer").order_by("-decided", "-pk")
    if options.state:
        found = found.filter(state=options.state)
    if options.covers:
        keys = span(options.covers)
        if keys is None:
            raise Unusable(f"“{options.covers}”不是 IP 地址或网段；请写成 198.51.100.23 或 198.51.100.0/24")
        found = found.over(*keys)
    if options.limit < 0:
        raise Unusable(f"--limit 应是正整数，不是 {options.limit}")
    for block in found[: options.limit] if options.limit else found.iterator(chunk_size=1000):
        print(json.dumps(_line(block), ensure_ascii=False))
    return 0


def _line(block: Any) -> dict[str, Any]:
    own = ("address", "direction", "state", "origin", "policy", "reason", "attack", "hits", "offence", "ended_why")
    times = ("decided", "valid_from", "valid_until", "ended")
    return {
        **{name: getattr(block, name) for name in own},
        **{name: moment.isoformat() if (moment := getattr(block, name)) else None for name in times},
        "devices": {one.enforcer.name: one.state for one in block.placements.all()},
    }
