"""Pairs → columns: which key fills which column, and what is left over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from qingdun.logs.core import mask, normal
from qingdun.logs.core.columns import TEXT
from qingdun.logs.core.synonyms import WEAK_FROM, squash, table

#: Keys met so far are remembered; a sender of endless new keys must not fill the memory.
_REMEMBERED = 20_000
_WORDED = frozenset(("event.code", "rule.name", "rule.category"))
_TIED: dict[str, pl.DataType] = {
    "form": TEXT,
    "key": TEXT,
    "column": TEXT,
    "rank": pl.Int32(),
    "kept": pl.Boolean(),
}


@dataclass(frozen=True, slots=True)
class Ties:
    """What keys mean. `own` are a format's ties (column → keys, best first); the synonyms fill what it leaves open.

    `kept` are keys whose value a format replaces by its meaning, so that the word itself stays among the leftovers;
    `outcomes` are words the format gives a meaning as `event.outcome`.
    """

    own: Mapping[str, Sequence[str]]
    kept: frozenset[str] = frozenset()
    outcomes: tuple[str, ...] = ()
    _known: dict[str, list[tuple[str, int]]] = field(default_factory=dict)

    def of(self, key: str) -> list[tuple[str, int]]:
        """Columns a key may fill, with ranks; a format's own tie comes before any synonym."""
        if key not in self._known:
            if len(self._known) > _REMEMBERED:
                self._known.clear()
            self._known[key] = self._look_up(key)
        return self._known[key]

    def _look_up(self, key: str) -> list[tuple[str, int]]:
        own = [(column, list(keys).index(key) - 10_000) for column, keys in self.own.items() if key in keys]
        if own:
            return own
        squashed = squash(key)
        known = table()
        found = known.get(squashed)
        if found is None and "." in key:
            tail = known.get(squash(key.rsplit(".", 1)[1]), [])
            found = [(column, rank + 300 + 20 * key.count(".")) for column, rank in tail]
        return [tie for tie in found or [] if tie[0] not in self.own or self.own[tie[0]]]


def pick(cells: pl.DataFrame, ties: Mapping[str, Ties]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Columns by row (`row` and one text column each), and the cells that filled none.

    `cells` are (row, key, value, form); `ties` says for each form what its keys mean. All forms go in one pass, since
    a batch of many devices would otherwise pay for each of them.
    """
    cells = cells.with_row_index("at")
    tied = cells.join(_tied(cells, ties), on=["form", "key"], how="inner").sort("rank", "at")
    chosen = [_chosen(column, part, ties) for (column,), part in tied.partition_by("column", as_dict=True).items()]
    used = [part.filter(~pl.col("kept"))["at"] for part in chosen]
    rest = cells.join(pl.concat(used).unique().to_frame(), on="at", how="anti") if used else cells
    rows = cells.select("row").unique(maintain_order=True)
    for part in chosen:
        if part.height:
            named = part.select("row", pl.col("value").alias(part["column"][0]))
            rows = rows.join(named, on="row", how="left", maintain_order="left")
    return rows, rest.drop("at")


def _chosen(column: str, part: pl.DataFrame, ties: Mapping[str, Ties]) -> pl.DataFrame:
    """Per row the best-ranked cell whose value can be what this column holds."""
    if column in normal.FITS:
        part = part.filter(pl.col("value").str.contains(normal.FITS[column]))
    elif column == "event.outcome":
        own = [(form, word) for form, one in ties.items() for word in one.outcomes]
        known = pl.DataFrame(own, schema={"form": TEXT, "value": TEXT}, orient="row")
        judged = part.filter(normal.outcome("value").is_not_null())
        part = pl.concat([judged, part.join(known, on=["form", "value"], how="semi")]).sort("rank", "at")
    if column in _WORDED:  # a bare number under a name that means many things says nothing
        part = part.filter((pl.col("rank") < WEAK_FROM) | pl.col("value").str.contains(r"[^\d.\-\s]"))
    return part.unique("row", keep="first", maintain_order=True)


def _tied(cells: pl.DataFrame, ties: Mapping[str, Ties]) -> pl.DataFrame:
    rows = [
        (form, key, column, rank, key in ties[form].kept)
        for form, key in cells.select("form", "key").unique().rows()
        for column, rank in ties[form].of(key)
    ]
    return pl.DataFrame(rows, schema=_TIED, orient="row")


def leftovers(rest: pl.DataFrame) -> pl.DataFrame:
    """Per row one JSON object of what filled no column; secrets are hidden by their key."""
    if rest.is_empty():
        return pl.DataFrame(schema={"row": pl.UInt32(), "qingdun.extra": TEXT})
    rest = rest.unique(["row", "key"], keep="first", maintain_order=True)
    secret = [key for key in rest["key"].unique().to_list() if mask.is_secret(key)]
    value = pl.when(pl.col("key").is_in(secret)).then(pl.lit(mask.HIDDEN)).otherwise("value")
    member = pl.concat_str(_json("key"), pl.lit(":"), _json(value))
    whole = rest.group_by("row", maintain_order=True).agg(member.str.join(",").alias("qingdun.extra"))
    return whole.with_columns(pl.concat_str(pl.lit("{"), "qingdun.extra", pl.lit("}")).alias("qingdun.extra"))


def _json(text: str | pl.Expr) -> pl.Expr:
    """A text as a JSON string."""
    value = pl.col(text) if isinstance(text, str) else text
    return pl.struct(value.alias("v")).struct.json_encode().str.strip_prefix('{"v":').str.strip_suffix("}")
