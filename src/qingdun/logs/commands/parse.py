"""`qingdun parse`: lines of a file → events as NDJSON, without database and server (DESIGN §7)."""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import cast

import polars as pl

from qingdun.lib.command import Unusable
from qingdun.logs.core.columns import RAW
from qingdun.logs.core.formats import formats
from qingdun.logs.core.ndjson import encode
from qingdun.logs.core.read import Reader
from qingdun.logs.core.split import records

HELP = "读日志文件，每条事件输出一行 JSON（ECS 字段名）"
_LINES, _BYTES = 20_000, 8 << 20


def arguments(parser: argparse.ArgumentParser) -> None:
    """Format and file."""
    parser.add_argument("--format", metavar="KEY", help="先用这个格式读（默认逐行识别）")
    parser.add_argument("--zone", default="Asia/Shanghai", help="日志没有写时区时按此时区（默认 Asia/Shanghai）")
    parser.add_argument("file", metavar="FILE", help="日志文件；- 表示标准输入")


def run(options: argparse.Namespace) -> int:
    """Reads to the end in batches; memory does not grow with the file."""
    known = formats()
    if options.format and options.format not in known:
        near = difflib.get_close_matches(options.format, known, n=3, cutoff=0.4)
        hint = f"，是不是 {'、'.join(near)}" if near else f"，可用的有 {'、'.join(known)}"
        raise Unusable(f"没有日志格式 “{options.format}”{hint}")
    reader = Reader(known, _zone(options.zone))
    with _opened(options.file) as source:
        for start, lines in _batches(source):
            _write(reader, lines, start, options.format)
    return 0


def _write(reader: Reader, lines: list[bytes], start: int, form: str | None) -> None:
    raw = pl.DataFrame({"raw": lines}, schema={"raw": RAW["raw"]}).with_columns(
        received=pl.lit(datetime.now(UTC)).cast(RAW["received"]),
        source=pl.lit(None, dtype=RAW["source"]),
        format=pl.lit(form, dtype=RAW["format"]),
        line=pl.int_range(start, start + len(lines)),
    )
    raw = records(raw)
    if raw.is_empty():
        return
    events = reader.read(raw.select(RAW.keys())).with_columns(raw["line"].alias("qingdun.line"))
    events = events.with_columns(pl.lit(None).cast(events.schema["event.ingested"]).alias("event.ingested"))
    text = BytesIO()  # a CSV of one unquoted column is what Rust writes fastest; JSON text holds no line ends
    encode(events, reader.zone).to_frame().write_csv(text, include_header=False, quote_style="never")
    sys.stdout.buffer.write(text.getvalue())
    sys.stdout.buffer.flush()


def _batches(source: BufferedReader) -> Iterator[tuple[int, list[bytes]]]:
    """The number of the first line, and the lines; what a pipe holds now is read now, so a slow one is not held up."""
    start, rest = 0, b""
    while block := source.read1(_BYTES):
        lines = (rest + block).split(b"\n")
        rest = lines.pop()
        for at in range(0, len(lines), _LINES):
            yield start + at, lines[at : at + _LINES]
        start += len(lines)
    if rest:
        yield start, [rest]


def _opened(name: str) -> BufferedReader | nullcontext[BufferedReader]:
    if name == "-":
        return nullcontext(cast(BufferedReader, sys.stdin.buffer))
    try:
        return Path(name).open("rb")
    except OSError as error:
        raise Unusable(f"打不开 {name}：{error.strerror}") from None


def _zone(name: str) -> str:
    try:
        pl.Series([None], dtype=pl.Datetime("us")).dt.replace_time_zone(name)
    except pl.exceptions.PolarsError:
        raise Unusable(f"没有时区 “{name}”，请写成 Asia/Shanghai 的样子") from None
    return name
