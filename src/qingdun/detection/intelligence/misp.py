"""MISP: the attributes of events (MISP core format), and the table that a MISP server exports."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from qingdun.detection.intelligence.categories import categorise
from qingdun.detection.intelligence.taken import Taken, Unreadable

#: Type of an attribute → which parts of its value (cut at `|`) are taken, with their kind.
_TYPES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("ip-dst", "ip-src"), ("address",)),
    **dict.fromkeys(("ip-dst|port", "ip-src|port"), ("address", "")),
    **dict.fromkeys(("domain", "hostname"), ("domain",)),
    "hostname|port": ("domain", ""),
    "domain|ip": ("domain", "address"),
    **dict.fromkeys(("url", "uri", "link"), ("url",)),
    **{kind: (kind,) for kind in ("md5", "sha1", "sha256")},
    **{f"filename|{kind}": ("", kind) for kind in ("md5", "sha1", "sha256")},
}


def read_event(document: Any, name: str) -> Taken:
    """One event, several, or the answer of a search. Raises `Unreadable`."""
    taken = Taken()
    for event in _events(document, name):
        info, tags = str(event.get("info") or ""), _tags(event)
        for where, attribute in _attributes(event):
            if not isinstance(attribute, dict) or "type" not in attribute or "value" not in attribute:
                raise Unreadable(f"{name} 的 {where} 缺少 type 或 value，未导入任何一条")
            if attribute.get("deleted") is True:
                continue
            words = [*tags, *_tags(attribute), info]
            flagged = attribute.get("to_ids") in (True, 1, "1", None)
            take(taken, where, str(attribute["type"]), str(attribute["value"]), flagged, words, info)
    return taken


def take(taken: Taken, where: str, kind: str, value: str, flagged: bool, words: list[str], note: str) -> None:
    """One attribute. What is not meant for detection (`to_ids`), or has no value to compare, is counted."""
    parts = _TYPES.get(kind.lower())
    if parts is None:
        taken.refuse("不支持的属性类型", f"{where}：{kind[:40]}")
    elif not flagged:
        taken.refuse("未标为用于检测（to_ids）", f"{where}：{value[:80]}")
    else:
        for part, text in zip(parts, value.split("|"), strict=False):
            if part:
                taken.take(text, where, kind=part, category=categorise(words), note=note)


def read_table(text: str, name: str) -> Taken:
    """MISP's CSV export: the first line names the columns. Raises `Unreadable`."""
    taken, rows = Taken(), csv.reader(io.StringIO(text.lstrip("\ufeff")))
    try:
        names = [one.strip().lower() for one in next(rows, [])]
        if not {"type", "value"} <= set(names):
            raise Unreadable(f"{name} 第 1 行应是表头并有 type 和 value 两列，未导入任何一条")
        for row in rows:
            if len(row) < 2:
                continue
            if len(row) != len(names):
                found = f"{len(row)} 列，表头有 {len(names)} 列"
                raise Unreadable(f"{name} 第 {rows.line_num} 行有 {found}，未导入任何一条")
            told = dict(zip(names, row, strict=True))
            where, flagged = f"第 {rows.line_num} 行", told.get("to_ids", "1").strip().lower() in ("1", "true")
            note = told.get("event_info") or told.get("comment") or ""
            take(taken, where, told["type"].strip(), told["value"].strip(), flagged, [note], note)
    except csv.Error as error:
        raise Unreadable(f"{name} 第 {rows.line_num} 行不是表格的一行（{error}），未导入任何一条") from None
    return taken


def _events(document: Any, name: str) -> Iterator[dict[str, Any]]:
    several = document.get("response", document) if isinstance(document, dict) else document
    for number, one in enumerate(several if isinstance(several, list) else [several]):
        event = one.get("Event") if isinstance(one, dict) else None
        if not isinstance(event, dict):
            raise Unreadable(f"{name} 第 {number + 1} 项缺少 Event，不是 MISP 事件，未导入任何一条")
        yield event


def _attributes(event: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for number, attribute in enumerate(event.get("Attribute") or []):
        yield f"Attribute[{number}]", attribute
    for number, thing in enumerate(event.get("Object") or []):
        for inner, attribute in enumerate((thing.get("Attribute") if isinstance(thing, dict) else None) or []):
            yield f"Object[{number}].Attribute[{inner}]", attribute


def _tags(thing: dict[str, Any]) -> list[str]:
    return [str(tag.get("name")) for tag in thing.get("Tag") or [] if isinstance(tag, dict)]
