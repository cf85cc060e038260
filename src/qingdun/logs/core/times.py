"""Device times → instants. Every shape is read by columns; what has no zone is taken in the zone of the source.

China runs on UTC+8 and devices often say nothing about it (device_formats §1.4); a missing year is chosen so that the
time lies no later than a day after it was received.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from qingdun.logs.core.columns import TIME

_CLOCK = r"(?P<h>\d{1,2})[:\-] ?(?P<mi>\d{1,2})[:\-] ?(?P<s>\d{1,2})(?:[.,](?P<f>\d{1,9}))?"
_ZONE = r"(?:\s?(?:UTC|GMT)?(?P<z>Z|UTC|GMT|[+\-]\d{2}:?\d{2}))?"
_MONTH = r"(?P<mon>(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec))[a-z]*\.?"

#: Tried in this order; the first that matches reads the text.
_SHAPES = (
    rf"(?P<y>\d{{4}})[\-/.年 ](?P<mo>\d{{1,2}})[\-/.月 ](?P<d>\d{{1,2}})日?[T ,:_\-]+{_CLOCK}{_ZONE}",
    rf"(?P<d>\d{{1,2}})[/ \-]{_MONTH}[/ \-](?P<y>\d{{4}})[: T,]+{_CLOCK}{_ZONE}",
    rf"{_MONTH} +(?P<d>\d{{1,2}}),? +(?:(?P<y>\d{{4}}),? )?{_CLOCK}{_ZONE}(?: (?P<y2>\d{{4}}))?",
    rf"(?P<mo>\d{{1,2}})[/\-](?P<d>\d{{1,2}})(?:[/\-](?P<y>\d{{4}}|\d\d))?[ ,\-]+{_CLOCK}(?P<pm> ?[AP]M)?{_ZONE}",
    r"^(?P<y>\d{4})(?P<mo>\d\d)(?P<d>\d\d)[T ]?(?P<h>\d\d)(?P<mi>\d\d)(?P<s>\d\d)(?P<z>Z)?$",
)
_EPOCH = r"^(?P<whole>\d{9,19})(?:\.(?P<part>\d{1,9}))?$"
_MONTHS = {
    name: f"{number:02}"
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1
    )
}
#: A time somewhere in free text; deliberately strict, because addresses and versions look like times.
ANYWHERE = (
    r"(\d{4}[\-/]\d{1,2}[\-/]\d{1,2}[T ,]\s?\d{1,2}:\s?\d{2}:\s?\d{2}(?:[.,]\d{1,9})?(?:\s?(?:Z|[+\-]\d{2}:?\d{2}))?"
    r"|\d{1,2}/[A-Z][a-z]{2}/\d{4}[: ]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?: [+\-]\d{4})?"
    r"|[A-Z][a-z]{2} +\d{1,2} \d{2}:\d{2}:\d{2}(?:\.\d+)?(?: \d{4})?"
    r"|\d{2}/\d{2}/(?:\d{4}|\d{2})[, \-]+\d{1,2}:\d{2}:\d{2}(?:\.\d+)?(?: [AP]M)?)"
)


@dataclass(frozen=True, slots=True)
class Clock:
    """Where and when a text was written: the zone it means, and when it reached us."""

    zone: str
    received: pl.Series

    def read(self, text: pl.Series) -> pl.Series:
        """Instants in UTC; null where the text is no time."""
        frame = pl.DataFrame({"t": text, "received": self.received}).with_row_index("row")
        once = frame.filter(pl.col("t").is_not_null()).unique("t", keep="last", maintain_order=True)
        read = self._distinct(once)
        return frame.join(read, on="t", how="left", maintain_order="left")["at"].rename(text.name)

    def _distinct(self, once: pl.DataFrame) -> pl.DataFrame:
        done = [_epochs(once)]
        rest = once.join(done[0], on="t", how="anti")
        for shape in _SHAPES:
            if rest.is_empty():
                break
            got = self._shape(rest, shape)
            done.append(got)
            rest = rest.join(got, on="t", how="anti")
        return pl.concat(done)

    def _shape(self, rest: pl.DataFrame, shape: str) -> pl.DataFrame:
        parts = rest.select("t", "received", pl.col("t").str.extract_groups(shape).alias("g")).unnest("g")
        parts = parts.filter(pl.col("h").is_not_null() & (pl.col("h") != ""))
        if parts.is_empty():
            return _none()
        for name in ("y", "y2", "mon", "mo", "f", "z", "pm"):
            if name not in parts.columns:
                parts = parts.with_columns(pl.lit(None, dtype=pl.String).alias(name))
        parts = parts.with_columns(
            year=pl.coalesce("y", "y2").replace("", None),
            month=pl.col("mon").str.to_lowercase().replace_strict(_MONTHS, default=None).fill_null(pl.col("mo")),
        )
        return self._with_year(parts)

    def _with_year(self, parts: pl.DataFrame) -> pl.DataFrame:
        own = parts.filter(pl.col("year").is_not_null()).with_columns(
            year=pl.when(pl.col("year").str.len_bytes() == 2).then("20" + pl.col("year")).otherwise("year")
        )
        done = [self._instants(own).drop("received")] if own.height else []
        without = parts.filter(pl.col("year").is_null())
        if without.height:
            done.append(self._nearest_year(without))
        return pl.concat(done) if done else _none()

    def _nearest_year(self, parts: pl.DataFrame) -> pl.DataFrame:
        """The latest of next, this and last year that is not more than a day after receipt."""
        tries = pl.concat(
            self._instants(parts.with_columns(year=(pl.col("received").dt.year() + shift).cast(pl.String)))
            for shift in (1, 0, -1)
        )
        late = pl.col("at") > pl.col("received") + pl.duration(days=1)
        return tries.filter(~late).sort("at", descending=True).unique("t", keep="first").select("t", "at")

    def _instants(self, parts: pl.DataFrame) -> pl.DataFrame:
        hour = pl.col("h").cast(pl.Int32, strict=False)
        afternoon = pl.col("pm").str.contains("P").fill_null(False) & (hour < 12)
        midnight = pl.col("pm").str.contains("A").fill_null(False) & (hour == 12)
        hour = pl.when(afternoon).then(hour + 12).when(midnight).then(0).otherwise(hour)
        stamp = pl.format(
            "{}-{}-{} {}:{}:{}.{}",
            "year",
            *(pl.col(name).str.zfill(2) for name in ("month", "d")),
            hour.cast(pl.String).str.zfill(2),
            *(pl.col(name).str.zfill(2) for name in ("mi", "s")),
            pl.col("f").fill_null("").str.pad_end(6, "0").str.head(6),
        ).str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us", strict=False)
        local = stamp.dt.replace_time_zone(self.zone, ambiguous="earliest", non_existent="null").dt.convert_time_zone(
            "UTC"
        )
        digits = pl.col("z").str.replace_all(r"[^0-9]", "")
        minutes = digits.str.head(2).cast(pl.Int32, strict=False) * 60 + digits.str.tail(2).cast(pl.Int32, strict=False)
        minutes = pl.when(pl.col("z").str.starts_with("-")).then(-minutes).otherwise(minutes).fill_null(0)
        zoned = stamp.dt.replace_time_zone("UTC") - pl.duration(minutes=minutes)
        at = pl.when(pl.col("z").fill_null("") == "").then(local).otherwise(zoned).cast(TIME)
        return parts.select("t", "received", at.alias("at")).filter(pl.col("at").is_not_null())


def _epochs(once: pl.DataFrame) -> pl.DataFrame:
    """Seconds, milliseconds, microseconds and nanoseconds since 1970, told apart by their length."""
    parts = once.select("t", pl.col("t").str.extract_groups(_EPOCH).alias("g")).unnest("g")
    parts = parts.filter(pl.col("whole").is_not_null() & ~pl.col("whole").str.contains(r"^20\d{12}$"))
    number = pl.col("whole").cast(pl.Int64, strict=False)
    part = pl.col("part").fill_null("").str.pad_end(6, "0").str.head(6).cast(pl.Int64, strict=False)
    digits = pl.col("whole").str.len_bytes()
    micros = (
        pl.when(digits <= 10).then(number * 1_000_000 + part)
        .when(digits <= 13).then(number * 1_000)
        .when(digits <= 16).then(number)
        .otherwise(number // 1_000)
    )  # fmt: skip
    return parts.select("t", micros.cast(pl.Datetime("us")).dt.replace_time_zone("UTC").alias("at"))


def _none() -> pl.DataFrame:
    return pl.DataFrame(schema={"t": pl.String(), "at": TIME})
