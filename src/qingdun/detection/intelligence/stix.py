"""STIX 2.1: the indicators of a bundle (§4.7 Indicator, §9 Patterning).

Nearly all patterns compare one thing with one value and are read directly; the others go through the specification's
own grammar (stix2-patterns).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from stix2patterns.v21.pattern import Pattern

from qingdun.detection.intelligence.categories import categorise
from qingdun.detection.intelligence.taken import Taken, Unreadable

_SINGLE = re.compile(r"\s*\[\s*([a-z0-9-]+):([\w.'-]+)\s*=\s*'((?:[^'\\]|\\.)*)'\s*\]\s*").fullmatch
_TEXTS = re.compile(r"'(?:[^'\\]|\\.)*'")
_BEYOND = re.compile(
    r"\b(?:NOT|FOLLOWEDBY|WITHIN|REPEATS|START|EXISTS|LIKE|MATCHES|ISSUBSET|ISSUPERSET)\b|[<>!]"
).search
_HASH = re.compile(r"hashes\.'?(md5|sha-?1|sha-?256)'?", re.IGNORECASE).fullmatch
_PLACES = {"ipv4-addr:value", "ipv6-addr:value", "domain-name:value", "url:value"}
_PLACES |= {"network-traffic:dst_ref.value", "network-traffic:src_ref.value"}
_LONGEST_PATTERN = 10_000


class _NotUsable(ValueError):
    """A pattern that no single value stands for."""


def read_stix(document: Any, name: str) -> Taken:
    """A bundle, an envelope of TAXII, or a list of objects. Raises `Unreadable`."""
    taken = Taken()
    for number, one in enumerate(_objects(document, name)):
        if not isinstance(one, dict) or not isinstance(one.get("type"), str):
            raise Unreadable(f"{name} 的 objects[{number}] 不是带 type 的对象，未导入任何一条")
        if one["type"] == "indicator":
            _take(taken, one, f"objects[{number}]")
    return taken


def _objects(document: Any, name: str) -> list[Any]:
    empty = isinstance(document, dict) and (document.get("type") == "bundle" or "more" in document)
    found = document.get("objects", [] if empty else None) if isinstance(document, dict) else document
    if not isinstance(found, list):
        raise Unreadable(f"{name} 不是 STIX 集合：缺少列表 objects，未导入任何一条")
    return found


def _take(taken: Taken, one: dict[str, Any], where: str) -> None:
    if str(one.get("pattern_type") or "stix") != "stix":
        taken.refuse("不是 STIX 模式", f"{where}：pattern_type 是 {str(one['pattern_type'])[:40]}")
        return
    try:
        values = list(_values(str(one.get("pattern") or "")))
        since, until = moment(one.get("valid_from")), moment(one.get("valid_until"))
        if one.get("revoked") is True:
            until = moment(one.get("modified")) or datetime.now(UTC)
    except _NotUsable as error:
        taken.refuse(str(error), f"{where}：{error}：{str(one.get('pattern'))[:120]}")
        return
    except (ValueError, OverflowError):
        taken.refuse("时间写法不对", f"{where}：valid_from、valid_until 或 modified 不是时间")
        return
    words = [*_texts(one, "indicator_types"), *_texts(one, "labels"), str(one.get("name") or "")]
    words += [str(phase.get("phase_name")) for phase in one.get("kill_chain_phases") or [] if isinstance(phase, dict)]
    for value in values:
        weight = one.get("confidence")
        taken.take(
            value,
            where,
            category=categorise(words),
            weight=weight if isinstance(weight, int) and 0 <= weight <= 100 else None,
            note=str(one.get("name") or ""),
            since=since,
            until=until,
        )


def _texts(one: dict[str, Any], key: str) -> list[str]:
    found = one.get(key)
    return [str(text) for text in found] if isinstance(found, list) else []


def moment(text: object) -> datetime | None:
    """A time stamp of STIX. Raises ValueError."""
    if text is None:
        return None
    found = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", str(text)))
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _values(pattern: str) -> Iterator[str]:
    """The values any of which fulfils the pattern. Raises `_NotUsable`."""
    if single := _SINGLE(pattern):
        yield _value(single[1], single[2], single[3])
        return
    if not pattern or len(pattern) > _LONGEST_PATTERN:
        raise _NotUsable("模式为空或太长")
    try:
        found = Pattern(pattern).inspect()
    except Exception as error:
        raise _NotUsable("不合 STIX 模式语法") from error
    bare = _TEXTS.sub("''", pattern)
    named = [
        (kind, ".".join(map(str, path)), sign, right)
        for kind, each in found.comparisons.items()
        for path, sign, right in each
    ]
    only_hashes = all(kind == "file" and _HASH(path) for kind, path, _sign, _right in named)
    if _BEYOND(bare) or (re.search(r"\bAND\b", bare) and not only_hashes):
        raise _NotUsable("组合条件，不能化为单个值")
    for kind, path, sign, right in named:
        if sign not in ("=", "IN"):
            raise _NotUsable("不是相等比较")
        for text in _TEXTS.findall(str(right)):
            yield _value(kind, path, text[1:-1])


def _value(kind: str, path: str, text: str) -> str:
    if f"{kind}:{path}" not in _PLACES and not (kind == "file" and _HASH(path)):
        raise _NotUsable(f"不支持的对象 {kind}:{path}"[:80])
    return re.sub(r"\\(.)", r"\1", text)
