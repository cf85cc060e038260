"""Which format wrote a line: literals of all formats at once, then each candidate's own test on its candidates only."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from qingdun.logs.core.formats import LogFormat


class Recogniser:
    """Formats in order of weight, and the literals they are known by."""

    def __init__(self, formats: Mapping[str, LogFormat]) -> None:
        self.formats = formats
        self.order = sorted(formats.values(), key=lambda one: -one.weight)
        self.literals = sorted({word for one in self.order for word in (*one.all, *one.any)})

    def __call__(self, lines: pl.DataFrame) -> pl.DataFrame:
        """(row, form) of those recognised among `lines`; what a source is known to speak is tried first."""
        known = self._known(lines)
        if not self.literals:
            return known
        lines = lines.join(known, on="row", how="anti")
        hits = self._hits(lines)
        found = [known]
        for one in self.order:
            if lines.is_empty() or hits.is_empty():
                break
            rows = self._candidates(one, hits)
            got = _confirmed(one, lines.join(rows, on="row", how="semi")) if rows.height else rows
            if got.height:
                found.append(got.select("row", pl.lit(one.key).alias("form")))
                lines = lines.join(got, on="row", how="anti")
                hits = hits.join(got, on="row", how="anti")
        return pl.concat(found)

    def _known(self, lines: pl.DataFrame) -> pl.DataFrame:
        found = [pl.DataFrame(schema={"row": pl.UInt32(), "form": pl.String()})]
        for key in lines["hint"].drop_nulls().unique().to_list():
            if key in self.formats:
                got = _fitting(self.formats[key], lines.filter(pl.col("hint") == key))
                found.append(got.select("row", pl.lit(key).alias("form")))
        return pl.concat(found)

    def _hits(self, lines: pl.DataFrame) -> pl.DataFrame:
        words = pl.col("line").str.extract_many(self.literals, overlapping=True).list.unique().alias("word")
        return lines.select("row", words).explode("word").drop_nulls()

    def _candidates(self, one: LogFormat, hits: pl.DataFrame) -> pl.DataFrame:
        rows = None
        if one.all:
            has = hits.filter(pl.col("word").is_in(list(one.all)))
            rows = has.group_by("row").len().filter(pl.col("len") == len(set(one.all))).select("row")
        if one.any:
            some = hits.filter(pl.col("word").is_in(list(one.any))).select("row").unique()
            rows = some if rows is None else rows.join(some, on="row", how="semi")
        return rows if rows is not None else hits.select("row").clear()


def _fitting(one: LogFormat, lines: pl.DataFrame) -> pl.DataFrame:
    """Rows that this one format recognises, without the help of the others' literals."""
    for word in one.all:
        lines = lines.filter(pl.col("line").str.contains(word, literal=True))
    if one.any:
        lines = lines.filter(pl.col("line").str.contains_any(list(one.any)))
    return _confirmed(one, lines)


def _confirmed(one: LogFormat, lines: pl.DataFrame) -> pl.DataFrame:
    if one.app:
        lines = lines.filter(pl.col("app").is_in(list(one.app)))
    if one.regex:
        lines = lines.filter(pl.col("body").str.contains(one.regex))
    return lines.select("row")
