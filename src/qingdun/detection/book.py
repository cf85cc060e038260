"""规则库: the rules this installation runs, its own and the city's, and what stands in their files beside the rule.

Own rules lie in `detection/rules/*.yaml`, one Sigma document per file; the city's below
`$QINGDUN_CONTENT/detection/rules/`, as many per file as it likes. `qingdun:` is our own key in a rule:

    qingdun:
      title_en: SSH brute force
      attack: brute_force            # detection/classes
      group: 登录                    # under which it stands on the page of rules
      next: 核对该地址……             # what the duty officer does next
      next_en: Check whether …
      samples: {fires: [[line, …]], silent: [[line, …]]}   # lines as received
                                     # and `indicators: {value: category}`: what intelligence knows while they are read

No Django. Whatever cannot be used is in `Loaded.refused` with its file, key and reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from qingdun.detection import classes
from qingdun.detection.core import cache
from qingdun.detection.core.indicators import CATEGORIES
from qingdun.detection.core.load import Loaded, files, load
from qingdun.detection.core.rules import Correlation, Document, Filter, Refusal, Rule
from qingdun.lib.faults import explain
from qingdun.lib.home import content

OWN = Path(__file__).parent / "rules"
LEVELS = {"informational": 1, "low": 2, "medium": 3, "high": 4, "critical": 5}
_LINES = {"type": "array", "minItems": 1, "items": {"type": "array", "minItems": 1, "items": {"type": "string"}}}
_TEXT = {"type": "string", "minLength": 1}
_KNOWN = {"type": "object", "minProperties": 1, "additionalProperties": {"enum": list(CATEGORIES)}}
SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        **dict.fromkeys(("title_en", "group", "next", "next_en"), _TEXT),
        "attack": {"type": "string"},
        "count": {"type": "boolean"},
        "samples": {
            "type": "object",
            "additionalProperties": False,
            "required": ["fires", "silent"],
            "properties": {
                "fires": _LINES,
                "silent": _LINES,
                "indicators": {
                    "type": "object",
                    "minProperties": 1,
                    "additionalProperties": {"enum": list(CATEGORIES)},
                },
            },
        },
    },
}
#: What a rule of ours must say; a rule that only serves a correlation needs neither samples nor next steps.
REQUIRED = ("title_en", "attack", "group", "next", "next_en", "samples")


@dataclass(frozen=True, slots=True)
class Entry:
    """规则: what people read about a rule. Texts of the author, in Chinese first; `attack` may be empty."""

    id: str
    title: str
    title_en: str
    description: str
    level: int  # 1 info … 5 critical
    attack: str  # key of the attack class
    techniques: tuple[str, ...]
    next: str
    next_en: str
    group: str
    falsepositives: tuple[str, ...]
    file: str
    own: bool
    kind: str  # rule, correlation, filter
    serves: bool  # it only feeds correlations and says nothing by itself
    fires: tuple[tuple[str, ...], ...]
    silent: tuple[tuple[str, ...], ...]
    indicators: tuple[tuple[str, str], ...]  # value and category of what intelligence knows while samples are read
    line: int  # of its document in the file, from 0

    @property
    def text(self) -> str:
        """The document as it stands in its file; empty when the file is gone."""
        try:
            return Path(self.file).read_text("utf-8", "replace")
        except OSError:
            return ""

    def shown(self, language: str | None) -> str:
        """The title in the language of a reader."""
        return self.title_en if self.title_en and (language or "").startswith("en") else self.title


def documents() -> Loaded:
    """Every rule, correlation and filter, own ones first, and everything that is refused with its reason."""
    return _read(_state())[0]


def book() -> Mapping[str, Entry]:
    """By the rule's id (its name where it has no id), as `Loaded.documents` give it."""
    return _read(_state())[1]


def city() -> Path:
    """Where the city's own rules lie. It may not exist."""
    return content() / "detection" / "rules"


def key(document: Document) -> str:
    """What stands for a document in records."""
    return document.id or document.name or document.title


_State = tuple[tuple[str, int, int], ...]  # file, when changed, size


def _state() -> _State:
    """What is on disk now; what was read of the same state is not read again."""
    found = files([one for one in (OWN, city()) if one.is_dir()])
    return tuple((str(file), (told := file.stat()).st_mtime_ns, told.st_size) for file in found)


@lru_cache(maxsize=2)
def _read(state: _State) -> tuple[Loaded, Mapping[str, Entry]]:
    place = cache.place([OWN, city()])
    loaded = load([Path(file) for file, _changed, _size in state], cache.read(place))
    if loaded.fresh:
        cache.write(place, loaded.held)
    said = {file: _beside(Path(file)) for file in dict.fromkeys(one.file for one in loaded.documents)}
    referred = _referred(loaded.documents)
    kept: list[Document] = []
    refused = list(loaded.refused)
    entries: dict[str, Entry] = {}
    for document, number in _numbered(loaded.documents):
        given = said[document.file][number] if number < len(said[document.file]) else {}
        wrong = list(faults(document, given, referred))
        if key(document).lower() in entries:
            wrong.append(("id", f"与 {entries[key(document).lower()].file} 用了同一个 id"))
        if wrong:
            refused += [Refusal(document.file, at, why, document.id) for at, why in wrong]
            continue
        kept.append(document)
        entries[key(document).lower()] = _entry(document, given, number, referred)
    return replace(loaded, documents=tuple(kept), refused=tuple(refused)), MappingProxyType(entries)


def _numbered(all_documents: Iterable[Document]) -> Iterator[tuple[Document, int]]:
    seen: dict[str, int] = {}
    for document in all_documents:
        number = seen.get(document.file, 0)
        seen[document.file] = number + 1
        yield document, number


def _beside(file: Path) -> list[Mapping[str, Any]]:
    """The documents of a file as they stand; a rule of the city that says nothing to us is not parsed again."""
    try:
        text = file.read_bytes()
    except OSError:
        return []
    if b"qingdun" not in text and file.parent != OWN:
        return []
    return as_given(text)


def as_given(text: bytes) -> list[Mapping[str, Any]]:
    """The documents of a text as they stand in it."""
    return [one if isinstance(one, dict) else {} for one in yaml.load_all(text, yaml.CSafeLoader) if one is not None]


def _own(file: str) -> bool:
    return Path(file).parent == OWN


def faults(document: Document, given: Mapping[str, Any], referred: frozenset[str]) -> Iterator[tuple[str, str]]:
    """(key, reason) of everything that is wrong beside the rule itself. `given`: the document as it stands."""
    ours = given.get("qingdun", {})
    for error in Draft202012Validator(dict(SCHEMA)).iter_errors(ours):
        yield from ((f"qingdun.{at}" if at else "qingdun", why) for at, why in explain(error))
    if not isinstance(ours, dict):
        return
    if ours.get("attack") and ours["attack"] not in classes.classes():
        yield "qingdun.attack", f"没有攻击类别 “{ours['attack']}”"
    if _own(document.file) and not _serves(document, referred):
        yield from ((f"qingdun.{name}", "内置规则必须写明") for name in REQUIRED if not ours.get(name))
        yield from ((name, "内置规则必须写明") for name in ("description", "falsepositives") if not given.get(name))


def _referred(all_documents: Iterable[Document]) -> frozenset[str]:
    """Rules that speak only through the correlations that name them (specification, `generate`)."""
    named: set[str] = set()
    for one in all_documents:
        if isinstance(one, Correlation) and not one.generate:
            named.update(name.lower() for name in one.rules)
    return frozenset(named)


def _serves(document: Document, referred: frozenset[str]) -> bool:
    return not referred.isdisjoint({document.id.lower(), document.name.lower()} - {""})


def _entry(document: Document, given: Mapping[str, Any], number: int, referred: frozenset[str]) -> Entry:
    ours = given.get("qingdun", {})
    tags = document.tags if isinstance(document, Rule | Correlation) else ()
    techniques = tuple(tag[7:].upper() for tag in tags if tag.lower().startswith("attack.t") and tag[8:9].isdigit())
    samples = ours.get("samples", {"fires": (), "silent": ()})
    level = None if isinstance(document, Filter) else document.level
    falsepositives = given.get("falsepositives") or ()
    return Entry(
        id=key(document),
        title=document.title,
        title_en=ours.get("title_en", ""),
        description=str(given.get("description", "")),
        level=LEVELS.get(level or "", 2),
        attack=ours.get("attack", "") or classes.of_techniques(techniques),
        techniques=techniques,
        next=ours.get("next", ""),
        next_en=ours.get("next_en", ""),
        group=ours.get("group", ""),
        falsepositives=tuple(map(str, falsepositives if isinstance(falsepositives, list) else [falsepositives])),
        file=document.file,
        own=_own(document.file),
        kind=type(document).__name__.lower(),
        serves=_serves(document, referred),
        fires=tuple(map(tuple, samples["fires"])),
        silent=tuple(map(tuple, samples["silent"])),
        indicators=tuple(samples.get("indicators", {}).items()),
        line=number,
    )
