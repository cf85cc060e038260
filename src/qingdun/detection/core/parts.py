"""What is told of a condition and one event: a tree of parts, each with its verdict. Plain data, for pages and JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

Kind = Literal["rule", "source", "when", "all", "any", "not", "field", "keyword", "correlation", "group"]
#: Why there was nothing to compare: the event lacks the field; it is there and empty; the log source has no such
#: field; the event belongs to other log sources; what is referred to is gone; the rule can never fire, for this reason.
Note = Literal["", "absent", "empty", "no_field", "elsewhere", "missing", "never"]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a condition, whether it held, and for a test of a field what was wanted and what stood there."""

    kind: Kind
    holds: bool
    name: str = ""  # the field asked for; of a rule its title, of a log source what it is called
    columns: tuple[str, ...] = ()  # where the pipeline says the field stands in the event
    stands: str = ""  # which of them had the value
    values: tuple[str, ...] = ()
    how: str = ""  # equals, contains, starts, ends, like, re, cidr, lt, lte, gt, gte, eq, neq, null, exists, ref, ...
    wanted: tuple[str, ...] = ()  # any of which suffices
    met: tuple[str, ...] = ()  # those of `wanted` that were met
    note: Note = ""
    left_off: int = 0  # parts, or wanted values, that `short` did not keep
    parts: tuple[Part, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Without what says nothing."""
        kept = {name: value for name, value in asdict(replace(self, parts=())).items() if value not in ("", (), 0)}
        kept["holds"] = self.holds
        return kept | ({"parts": [part.as_json() for part in self.parts]} if self.parts else {})


def short(part: Part, most: int = 12, letters: int = 400) -> Part:
    """The same tree for a page: of many alternatives the `most` telling ones, of a long value its beginning."""
    telling = sorted(part.parts, key=lambda each: each.holds is (part.kind == "all"))  # what decides comes first
    kept = part.parts if len(part.parts) <= most else tuple(telling[:most])
    wanted = part.wanted if len(part.wanted) <= most else tuple(dict.fromkeys((*part.met, *part.wanted)))[:most]
    return replace(
        part,
        values=tuple(_cut(value, letters) for value in part.values[:most]),
        wanted=tuple(_cut(value, letters) for value in wanted),
        met=tuple(_cut(value, letters) for value in part.met[:most]),
        left_off=len(part.parts) - len(kept) + len(part.wanted) - len(wanted),
        parts=tuple(short(each, most, letters) for each in kept),
    )


def _cut(text: str, letters: int) -> str:
    return text if len(text) <= letters else text[: letters - 1] + "…"
