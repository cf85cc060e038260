"""The signals of each class of attack, read from `detection/webattacks/*.yaml`.

    name: 路径穿越
    english: Path traversal
    technique: T1083
    words: {up: '\\.\\.'}                 # {up} in a pattern stands for (?:\\.\\.)
    signals:
      - {id: up, form: plain, score: 6, where: [value], pattern: '{up}/'}
    samples: {attacks: [...], harmless: [...]}

Patterns are RE2: linear in time, whatever a city adds. `form` is one of `decode.Value`'s, `where` the parts of a
request the signal reads; without it, whatever a visitor can fill in. A class is reported when its signals, each
counted once, reach `ENOUGH`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import re2

from qingdun.lib.registry import Unbuildable, load

ENOUGH = 5
FORMS = ("sent", "decoded", "plain", "sql", "shell", "script", "hidden")
PARTS = ("value", "name", "path", "target", "referer", "foreign_referer", "user_agent", "method")
FILLED = ("value", "name", "path", "referer", "user_agent")
WORD = re.compile(r"\{([a-z_]+)\}")

SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "english", "technique", "signals", "samples"],
    "properties": {
        "name": {"type": "string", "minLength": 1},
        "english": {"type": "string", "minLength": 1},
        "technique": {"type": "string", "pattern": r"^T\d{4}(\.\d{3})?$"},
        "sql": {"type": "boolean"},
        "words": {"type": "object", "additionalProperties": {"type": "string", "minLength": 1}},
        "signals": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["id", "form", "score", "pattern"],
                "properties": {
                    "id": {"type": "string", "pattern": "^[a-z0-9-]+$"},
                    "form": {"enum": list(FORMS)},
                    "score": {"type": "integer", "minimum": 1, "maximum": 9},
                    "where": {"type": "array", "items": {"enum": list(PARTS)}, "minItems": 1, "uniqueItems": True},
                    "pattern": {"type": "string", "minLength": 1},
                },
            },
        },
        "samples": {
            "type": "object",
            "additionalProperties": False,
            "required": ["attacks", "harmless"],
            "properties": {
                "attacks": {"type": "array", "items": {"type": "string"}},
                "harmless": {"type": "array", "items": {"type": "string"}},
            },
        },
    },
}


@dataclass(frozen=True, slots=True)
class Signal:
    """特征: one pattern in one form of some parts of a request, and how much it says (1 to 9)."""

    id: str
    form: str
    score: int
    where: frozenset[str]
    pattern: str
    search: Any = field(repr=False)


@dataclass(frozen=True, slots=True)
class AttackClass:
    """攻击类别: its signals and its own samples."""

    key: str
    name: str
    english: str
    technique: str
    reads_sql: bool
    signals: tuple[Signal, ...]
    attacks: tuple[str, ...]
    harmless: tuple[str, ...]

    def title(self, language: str | None) -> str:
        return self.english if (language or "").startswith("en") else self.name


@cache
def classes() -> Mapping[str, AttackClass]:
    """Every class by key. Raises BrokenContent with every fault of every file."""
    return load("qingdun.detection.webattacks", _build, schema=SCHEMA)


def _build(key: str, document: dict[str, Any]) -> AttackClass:
    words = document.get("words", {})
    signals = tuple(_signal(words, one) for one in document["signals"])
    if len({one.id for one in signals}) < len(signals):
        raise Unbuildable("有两个特征用了同一个 id", "signals")
    samples = document["samples"]
    return AttackClass(
        key,
        document["name"],
        document["english"],
        document["technique"],
        document.get("sql", False),
        signals,
        tuple(samples["attacks"]),
        tuple(samples["harmless"]),
    )


def _signal(words: Mapping[str, str], document: Mapping[str, Any]) -> Signal:
    def put_in(found: re.Match[str]) -> str:
        return f"(?:{words[found[1]]})" if found[1] in words else found[0]

    pattern = WORD.sub(put_in, document["pattern"])
    try:
        search = re2.compile(pattern, _quiet())
    except re2.error as error:
        raise Unbuildable(f"特征 {document['id']} 的表达式不可用：{error}", "signals") from None
    where = frozenset(document.get("where", FILLED))
    return Signal(document["id"], document["form"], document["score"], where, pattern, search)


def _quiet() -> Any:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 64 << 20
    return options


@dataclass(frozen=True, slots=True)
class Sieve:
    """All signals that read one form of one part, as one automaton: which of them match is one pass over the text."""

    automaton: Any
    held: Sequence[tuple[AttackClass, Signal]]

    def caught(self, text: str) -> Iterator[tuple[AttackClass, Signal]]:
        """The signals that match `text`, in the order of their files."""
        for number in sorted(self.automaton.Match(text) or ()):
            yield self.held[number]


@cache
def sieves() -> Mapping[str, Mapping[str, Sieve]]:
    """Part of a request → form → its sieve."""
    sorted_in: dict[tuple[str, str], list[tuple[AttackClass, Signal]]] = defaultdict(list)
    for kind in classes().values():
        for signal in kind.signals:
            for part in signal.where:
                sorted_in[part, signal.form].append((kind, signal))
    found: dict[str, dict[str, Sieve]] = defaultdict(dict)
    for (part, form), held in sorted_in.items():
        found[part][form] = Sieve(automaton([signal.pattern for _kind, signal in held]), held)
    return found


def automaton(patterns: Sequence[str]) -> Any:
    """All patterns in one: `Match` gives the numbers of those that match anywhere in a text."""
    together = re2.Set.SearchSet(_roomy())
    for pattern in patterns:
        together.Add(pattern)
    together.Compile()
    return together


def _roomy() -> Any:
    options = re2.Options()
    options.max_mem = 512 << 20
    options.log_errors = False
    return options
