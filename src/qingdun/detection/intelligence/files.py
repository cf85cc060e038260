"""One file of any shape → what was read from it."""

from __future__ import annotations

from typing import Any

import orjson

from qingdun.detection.intelligence import lists, misp
from qingdun.detection.intelligence.shapes import Shape
from qingdun.detection.intelligence.stix import read_stix
from qingdun.detection.intelligence.taken import Taken, Unreadable

LARGEST = 256 << 20  # bytes


def read(content: bytes, shape: Shape, name: str) -> Taken:
    """Raises `Unreadable`: file, line or key, and why; then nothing of it counts."""
    if len(content) > LARGEST:
        raise Unreadable(f"{name} 超过 {LARGEST >> 20} MB，请拆开再导入")
    match shape.format:
        case "list":
            taken = lists.read_list(_text(content, name), shape)
        case "csv":
            taken = lists.read_table(_text(content, name), shape, name)
        case "misp_csv":
            taken = misp.read_table(_text(content, name), name)
        case "misp":
            taken = misp.read_event(document(content, name), name)
        case "stix" | "taxii":
            taken = read_stix(document(content, name), name)
        case _:
            raise Unreadable(f"{name}：“{shape.name}”不能从文件读取")
    if not taken.read:
        raise Unreadable(f"{name} 里没有情报，请核对格式“{shape.name}”")
    if shape.format in ("list", "csv"):
        taken.check(name)
    return taken


def document(content: bytes, name: str) -> Any:
    """JSON. Raises `Unreadable`."""
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise Unreadable(f"{name} 第 {error.lineno} 行不是 JSON（{error.msg}），未导入任何一条") from None


def _text(content: bytes, name: str) -> str:
    for coding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(coding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            break
        return text
    raise Unreadable(f"{name} 不是文本文件，未导入任何一条")
