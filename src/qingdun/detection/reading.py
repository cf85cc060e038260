"""Files of events → batches of events: JSON lines, a JSON array, or JSON objects one after the other; plain or gzip."""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, cast

import orjson

from qingdun.detection.core.events import OURS, Event, flat
from qingdun.lib.command import Unusable

EVENTS, BYTES = 20_000, 32 << 20  # of a batch at most
_OURS = frozenset(OURS)
_FORMS = "应为 JSON：每行一个对象、一个数组，或依次排列的对象；可用 gzip 压缩"


@dataclass(frozen=True, slots=True)
class Read:
    """Events, flat, and the lines that hold the same values as JSON, where there are any (see `Engine.match`)."""

    events: list[Event]
    raw: list[bytes | None] = field(default_factory=list)


@contextmanager
def opened(name: str) -> Iterator[BinaryIO]:
    """The file, or standard input for `-`, unpacked. Raises `Unusable`."""
    try:
        raw = cast(BinaryIO, sys.stdin.buffer) if name == "-" else Path(name).open("rb")  # noqa: SIM115 (closed below)
    except OSError as error:
        raise Unusable(f"打不开 {name}：{error.strerror}") from None
    try:
        packed = cast(Any, raw).peek(2)[:2] == b"\x1f\x8b"
        yield cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if packed else raw
    except (EOFError, gzip.BadGzipFile) as error:
        raise Unusable(f"{name} 的 gzip 压缩不完整或已损坏：{error}") from None
    except OSError as error:
        raise Unusable(f"读不出 {name}：{error.strerror or error}") from None
    finally:
        if name != "-":
            raw.close()


def batches(source: BinaryIO, name: str) -> Iterator[Read]:
    """Events in their order, flat. Raises `Unusable` with the line of what is no event."""
    start = b""
    while not start.strip(b"\xef\xbb\xbf \t\r\n"):
        block = _some(source)
        if not block:
            return
        start += block
    start = start.removeprefix(b"\xef\xbb\xbf")
    first = start[:1] if start[:1] in b"{[" else start.lstrip()[:1]  # the whole block is not copied to look at it
    if first == b"{" and _first_line_is_whole(start):
        yield from _lines(start, source, name)
    elif first in (b"{", b"["):
        yield from _documents(start + source.read(), name)
    elif start.startswith(b"ElfFile"):
        raise Unusable(f"{name} 是 EVTX 二进制文件，请先转换成 JSON")
    else:
        raise Unusable(f"{name} 不是 JSON：{_FORMS}")


def _some(source: BinaryIO) -> bytes:
    """What is there now, so that a slow pipe is not held up."""
    return cast(bytes, cast(Any, source).read1(BYTES))


def _first_line_is_whole(start: bytes) -> bool:
    """An object printed over many lines has a first line that is no JSON."""
    begin = start.index(b"{")
    end = start.find(b"\n", begin)
    if end < 0:
        return True
    line = start[begin:end]
    try:
        return isinstance(_value(line), dict)
    except ValueError:
        return line.rstrip() not in (b"{", b"[") and not line.rstrip().endswith((b",", b"{", b"["))


def _lines(rest: bytes, source: BinaryIO, name: str) -> Iterator[Read]:
    number, block = 0, b""
    while True:
        lines = (rest + block).split(b"\n")
        rest = lines.pop()
        for begin in range(0, len(lines), EVENTS):
            yield _events(lines[begin : begin + EVENTS], number + begin, name)
        number += len(lines)
        block = _some(source)
        if not block:
            break
    if rest.strip():
        yield _events([rest], number, name)


def _events(lines: list[bytes], number: int, name: str) -> Read:
    events: list[Event] = []
    raw: list[bytes | None] = []
    for at, line in enumerate(lines, number + 1):
        try:
            event = orjson.loads(line)
        except orjson.JSONDecodeError:
            if not line.strip():
                continue
            try:
                event = _value(line)
            except ValueError as error:
                raise Unusable(f"{name} 第 {at} 行不是 JSON（{error}）：{_FORMS}") from None
        if not isinstance(event, dict):
            raise Unusable(f"{name} 第 {at} 行不是 JSON 对象，一个事件应是一个对象")
        events.append(flat(event))
        raw.append(line if _OURS.isdisjoint(event) else None)  # there, JSON stands in a text of the JSON
    return Read(events, raw)


def _value(text: bytes) -> Any:
    """One JSON value. What orjson is too strict for (half a surrogate pair, NaN) the standard library may read."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text)


def _documents(text: bytes, name: str) -> Iterator[Read]:
    events: list[Event] = []
    for each in _several(text, name):
        for event in each if isinstance(each, list) else [each]:
            if not isinstance(event, dict):
                raise Unusable(f"{name} 中第 {len(events) + 1} 个事件不是 JSON 对象")
            events.append(flat(event))
    for begin in range(0, len(events), EVENTS):
        yield Read(events[begin : begin + EVENTS])


def _several(text: bytes, name: str) -> Iterator[Any]:
    try:
        yield _value(text)
        return
    except ValueError:
        pass
    decoder, words, at = json.JSONDecoder(), text.decode("utf-8", "replace"), 0
    while True:
        while at < len(words) and words[at] in " \t\r\n,\x1e":
            at += 1
        if at >= len(words):
            return
        try:
            value, at = decoder.raw_decode(words, at)
        except (ValueError, RecursionError) as error:
            raise Unusable(f"{name} 第 {words.count(chr(10), 0, at) + 1} 行起不是 JSON（{error}）：{_FORMS}") from None
        yield value
