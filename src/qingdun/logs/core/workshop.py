"""映射工坊: an operator pastes lines, ties keys to columns, looks at the result, and gets a format file of the site.

Pure: nothing is saved here. What is wrong comes back as words to show, never as an exception.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import jsonschema
import polars as pl
import yaml

from qingdun.lib.registry import Unbuildable
from qingdun.logs.core import mask
from qingdun.logs.core.columns import EVENT, RAW
from qingdun.logs.core.cut import Body
from qingdun.logs.core.envelope import open_envelope
from qingdun.logs.core.fields import Ties
from qingdun.logs.core.formats import LogFormat
from qingdun.logs.core.read import Reader
from qingdun.logs.core.schema import DERIVED, DEVICES, SCHEMA, TARGETS

#: Layouts offered, as a format file writes them.
BODIES: dict[str, str | dict[str, Any]] = {
    "json": "json",
    "key=value": "kv",
    "key=value;": {"kv": {"equals": "=", "between": ";"}},
    "key:value,": {"kv": {"equals": ":", "between": ", ?"}},
    "key:value;": {"kv": {"equals": ":", "between": "; ?"}},
    "[key:value]": {"kv": {"equals": ":", "between": r"\] *\["}},
    "cef": "cef",
    "leef": "leef",
    "逗号": {"columns": ","},
    "竖线": {"columns": "|"},
    "制表符": {"columns": "\t"},
}
_KEY = re.compile(r"[a-z][a-z0-9_]{1,40}")
#: What a preview and the samples' expectations show: not what the reader alone decides.
_SHOWN = tuple(name for name in EVENT if name in TARGETS or name in DERIVED)
_TIED = frozenset((*TARGETS, *DERIVED))
_EXPECTED = ("source.ip", "source.port", "destination.ip", "destination.port", "event.action", "log.level", "rule.name")


@dataclass(frozen=True, slots=True)
class Choices:
    """What the operator decided so far. Empty `body` asks us to guess."""

    key: str = ""
    name: str = ""
    vendor: str = ""
    device: str = "app"
    body: str = ""
    literals: tuple[str, ...] = ()
    ties: Mapping[str, Sequence[str]] = field(default_factory=dict)  # column → keys
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # column → raw word → meaning


@dataclass(frozen=True, slots=True)
class CutKey:
    """One key found in the pasted lines: in how many, with which values, and the column it probably fills."""

    name: str
    lines: int
    examples: tuple[str, ...]
    suggested: str


@dataclass(frozen=True, slots=True)
class Draft:
    """The answer to one look: everything the page shows. `text` is empty while `faults` is not."""

    body: str
    keys: tuple[CutKey, ...]
    preview: tuple[dict[str, Any], ...]
    faults: tuple[str, ...]
    text: str


def draft(pasted: str, choices: Choices, received: datetime, zone: str = "Asia/Shanghai") -> Draft:
    """Cuts the pasted lines, suggests ties, reads them with the choices and writes the format file."""
    lines = mask.mask(pl.Series("line", [line for line in pasted.splitlines() if line.strip()], dtype=pl.String()))
    if lines.is_empty():
        return Draft("", (), (), ("请粘贴至少一行日志",), "")
    text = pl.DataFrame({"text": open_envelope(lines)["body"]}).with_row_index("row")
    body = choices.body if choices.body in BODIES else guess(text)
    keys = cut_keys(text, body)
    faults = [f"没有布局 “{choices.body}”"] if choices.body and choices.body not in BODIES else []
    faults += [] if keys else [f"按 “{body}” 切不出键，请换一种布局"]
    document = _document(choices, BODIES[body], keys, lines)
    made = _build(choices.key or "draft", document, faults)
    preview = _preview(made, lines, received, zone) if made else ()
    if made and not any(event["qingdun.format"] == made.key for event in preview):
        faults.append("识别用的文字没有出现在粘贴的日志里")
    if not _KEY.fullmatch(choices.key):
        faults.append("格式的代号用小写字母、数字和下划线，以字母开头")
    return Draft(body, keys, tuple(map(_shown, preview)), tuple(faults), "" if faults else _text(document, preview))


def guess(text: pl.DataFrame) -> str:
    """The layout that cuts most pairs with known keys out of the lines."""

    def known(name: str) -> tuple[int, int]:
        found = cut_keys(text, name)
        return sum(key.lines for key in found if key.suggested), sum(key.lines for key in found)

    return max(BODIES, key=known)


def cut_keys(text: pl.DataFrame, body: str) -> tuple[CutKey, ...]:
    """Keys of (row, text) in the order they appear, each with up to three example values."""
    ties = Ties({})
    found = Body.parse(BODIES[body]).pairs(text)
    grouped = found.group_by("key", maintain_order=True).agg(
        pl.col("row").n_unique(), pl.col("value").unique(maintain_order=True)
    )
    return tuple(
        CutKey(key, lines, tuple(_example(key, value) for value in values[:3]), _suggested(ties, key))
        for key, lines, values in grouped.rows()
    )


def _example(key: str, value: str) -> str:
    return mask.HIDDEN if mask.is_secret(key) else value[:120]


def _suggested(ties: Ties, key: str) -> str:
    known = [(rank, column) for column, rank in ties.of(key) if column in TARGETS]
    return min(known)[1] if known else ""


def _document(choices: Choices, body: str | dict[str, Any], keys: Sequence[CutKey], lines: pl.Series) -> dict[str, Any]:
    own = {column: list(names) for column, names in choices.ties.items() if names}
    literals = list(choices.literals) or _telling(keys, lines)
    return {
        "name": choices.name or choices.key or "草稿",
        "vendor": choices.vendor or "未说明",
        "device": choices.device,
        "when": {"all": literals},
        "body": body,
        **({"fields": own} if own else {}),
        **({"values": {column: dict(table) for column, table in choices.values.items()}} if choices.values else {}),
        "samples": [{"raw": line, "expect": {"event.original": line}} for line in lines.head(5).to_list()],
    }


def _telling(keys: Sequence[CutKey], lines: pl.Series) -> list[str]:
    """Up to three keys that every pasted line has: what the format may be known by when nobody says better."""
    every = [key.name.rsplit(".", 1)[-1] for key in keys if key.lines == len(lines)]
    plain = [word for word in every if not word.isdigit() and not mask.is_secret(word)]
    there = [word for word in plain if lines.str.contains(word, literal=True).all()]
    return sorted(there, key=len, reverse=True)[:3] or [lines[0][:12]]


def _build(key: str, document: dict[str, Any], faults: list[str]) -> LogFormat | None:
    if wrong := [
        column for column in (*document.get("fields", ()), *document.get("values", ())) if column not in _TIED
    ]:
        faults.append(f"没有这样的字段：{'、'.join(wrong)}")
        return None
    if document["device"] not in DEVICES:
        faults.append(f"没有设备类别 “{document['device']}”，可选 {'、'.join(DEVICES)}")
        return None
    errors = sorted(
        jsonschema.Draft202012Validator(SCHEMA).iter_errors(document), key=lambda one: list(map(str, one.path))
    )
    if errors:
        faults += [f"{'.'.join(map(str, error.path)) or '格式'}：{error.message}" for error in errors]
        return None
    try:
        return LogFormat.build(key, document)
    except Unbuildable as error:
        faults.append(f"{error.key}：{error}" if error.key else str(error))
        return None


def _preview(made: LogFormat, lines: pl.Series, received: datetime, zone: str) -> tuple[dict[str, Any], ...]:
    raw = pl.DataFrame({"raw": lines.cast(pl.Binary())}).with_columns(
        received=pl.lit(received).cast(RAW["received"]),
        source=pl.lit(None, dtype=RAW["source"]),
        format=pl.lit(made.key, dtype=RAW["format"]),
    )
    return tuple(Reader({made.key: made}, zone).read(raw).to_dicts())


def _shown(event: dict[str, Any]) -> dict[str, Any]:
    return {name: event[name] for name in _SHOWN if event[name] is not None}


def _text(document: dict[str, Any], preview: Sequence[dict[str, Any]]) -> str:
    """The file as YAML; the samples expect what the preview showed, so the file proves what the operator saw."""
    for sample, event in zip(document["samples"], preview, strict=False):
        expected = {name: event[name] for name in _EXPECTED if event[name] is not None}
        sample["expect"] = expected or {"event.original": event["event.original"]}
    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=10_000)
