"""`qingdun intelligence`: take a file of indicators in, or ask which indicators cover a value."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import orjson

from qingdun.lib.command import Unusable

HELP = "导入情报文件，或查一个值被哪些情报覆盖"
DJANGO = True


def arguments(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
    taking = acts.add_parser("import", help="导入一个文件；整份导入，或说明原因后整份不导入")
    taking.add_argument("file", metavar="FILE", help="情报文件；- 表示标准输入")
    taking.add_argument("--shape", required=True, metavar="KEY", help="文件的格式，例如 addresses、stix、misp-csv")
    taking.add_argument("--feed", metavar="NAME", default="", help="记在哪个情报源下，默认与格式同名；没有就建")
    taking.add_argument("--dry-run", action="store_true", help="只说会怎样，不写入")
    asking = acts.add_parser("match", help="查地址、网段、域名、网址或散列被哪些情报覆盖")
    asking.add_argument("values", nargs="+", metavar="VALUE")


def run(options: argparse.Namespace) -> int:
    said = _import(options) if options.act == "import" else [_match(value) for value in options.values]
    for one in said if isinstance(said, list) else [said]:
        sys.stdout.buffer.write(orjson.dumps(one, option=orjson.OPT_APPEND_NEWLINE))
    return 0


def _import(options: argparse.Namespace) -> dict[str, Any]:
    from qingdun.detection.intelligence import files, taking
    from qingdun.detection.intelligence.shapes import shapes
    from qingdun.detection.intelligence.taken import Unreadable
    from qingdun.detection.models import Feed

    shape = shapes().get(options.shape)
    if shape is None or not shape.is_file:
        known = "、".join(one.key for one in shapes().values() if one.is_file)
        raise Unusable(f"没有文件格式 {options.shape}；可用的：{known}")
    content, name = _content(options.file)
    feed = Feed.objects.filter(name=options.feed or shape.name).first()
    feed = feed or Feed(name=options.feed or shape.name, shape=shape.key)
    if feed.shape != shape.key:
        raise Unusable(f"情报源“{feed}”的格式是 {feed.shape}，不是 {shape.key}；请用 --feed 另起一个名字")
    try:
        taken = files.read(content, shape, name)
        if options.dry_run:
            outcome: Any = taking.preview(feed, taken)[1]
        else:
            if feed._state.adding:
                feed.save()
            outcome = taking.accept(feed, taken, by=None, source=name)
    except Unreadable as error:
        raise Unusable(str(error)) from None
    return {key: getattr(outcome, key) for key in ("read", "new", "changed", "unchanged")} | {
        "refused": [{"reason": why, "count": count, "first": first} for why, count, first in outcome.reasons]
    }


def _content(file: str) -> tuple[bytes, str]:
    if file == "-":
        return sys.stdin.buffer.read(), "标准输入"
    try:
        return Path(file).read_bytes(), Path(file).name
    except OSError as error:
        raise Unusable(f"读不出 {file}：{error.strerror}；请核对路径与权限") from None


def _match(text: str) -> dict[str, Any]:
    from django.utils import timezone

    from qingdun.detection.core.indicators import Refused, guess, refang
    from qingdun.detection.intelligence.asked import covering
    from qingdun.detection.models import Indicator

    try:
        kind = guess(refang(text)).value
        rows = Indicator.objects.standing(timezone.now()).filter(covering(text)).select_related("feed")
    except Refused as error:
        raise Unusable(f"“{text}”不能查：{error}") from None
    found = [
        {"value": one.value, "kind": one.kind, "category": one.category, "weight": one.weight, "feed": one.feed.name}
        for one in rows.order_by("-weight", "value")
    ]
    return {"value": text, "kind": kind, "indicators": found}
