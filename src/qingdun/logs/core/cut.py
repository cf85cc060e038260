"""The layouts of bodies a format may name, and how each is cut."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from qingdun.logs.core import objects, pairs

KINDS = ("json", "kv", "columns", "cef", "leef", "regex", "text")


@dataclass(frozen=True, slots=True)
class Body:
    """How to cut a body. `kv` and `columns` are separated by the pattern `between`; `regex` has named groups."""

    kind: str
    equals: str = "="
    between: str = ""
    keys: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()

    @classmethod
    def parse(cls, document: str | dict[str, Any]) -> Body:
        """From a format file: `json`, `kv`, `cef`, `leef`, `text`, `{kv: {...}}`, `{columns: ','}`, `{regex: ...}`."""
        if isinstance(document, str):
            return cls(document)
        ((kind, options),) = document.items()
        if kind == "kv":
            keys = tuple(options.get("keys", ()))
            return cls(kind, options.get("equals", "="), options.get("between", ""), keys)
        if kind == "columns":
            return cls(kind, between=str(options))
        return cls("regex", patterns=(options,) if isinstance(options, str) else tuple(options))

    def pairs(self, text: pl.DataFrame) -> pl.DataFrame:
        """(row, key, value) of (row, text)."""
        match self.kind:
            case "json":
                return objects.json(text)
            case "kv":
                return pairs.key_values(text, self.equals, self.between, self.keys)
            case "columns":
                return pairs.columns(text, self.between)
            case "cef":
                return pairs.cef(text)
            case "leef":
                return pairs.leef(text)
            case "regex":
                return pairs.melt(self.groups(text))
            case _:
                return pl.DataFrame(schema=pairs.PAIRS)

    def groups(self, text: pl.DataFrame) -> pl.DataFrame:
        """For `regex`: one row per text that a pattern matched, one column per named group; the first match wins."""
        found: list[pl.DataFrame] = []
        for pattern in self.patterns:
            got = match(text, pattern)
            found.append(got)
            text = text.join(got.select("row"), on="row", how="anti")
            if text.is_empty():
                break
        return pl.concat(found, how="diagonal") if found else text.select("row")


def match(text: pl.DataFrame, pattern: str) -> pl.DataFrame:
    """Named groups of the rows a pattern matched; an empty marker is null. The group `time` becomes `@timestamp`,
    which may not be the name of a group."""
    hit = text.filter(pl.col("text").str.contains(pattern))
    if hit.is_empty():
        return hit.select("row")
    got = hit.select("row", pl.col("text").str.extract_groups(pattern).alias("g")).unnest("g")
    got = got.rename({"time": "@timestamp"}, strict=False)
    return got.with_columns(pl.exclude("row").str.strip_chars().replace(dict.fromkeys(pairs.EMPTY)))


def names(pattern: str) -> set[str]:
    """Names of the groups in a pattern. Raises polars' error for what is no pattern."""
    probe = pl.Series([""]).str.extract_groups(pattern)
    return {name for name in probe.struct.fields if not name.isdigit()}
