"""Access-log lines in, verdicts out, a batch at a time: what is harmless never becomes a Python object of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from qingdun.detection.core.webattack.decode import logged
from qingdun.detection.core.webattack.gate import suspects
from qingdun.detection.core.webattack.judge import NOTHING, Request, Verdict, judge, judge_value, speaks

#: The request, referer and user agent of a line in the common or combined form, with or without a virtual host.
LINE = (
    r'"(?P<method>[^\s"]{1,40}) (?P<target>.*?)(?: HTTP/[\d.]{1,3})?" (?P<status>\d{3}|-) \S+'
    r'(?: "(?P<referer>.*?)" "(?P<user_agent>.*)")?'
)
OWN_SITE = 0.2  # of the referers of a batch: a host that sends that many is the site itself
FEW = 5


def scan_lines(lines: Sequence[str]) -> list[Verdict]:
    """One verdict per line, in order. A line that is no access-log line is judged as if it were a value."""
    column = pl.Series("line", lines, dtype=pl.String)
    read = column.str.extract_groups(LINE).struct.unnest()
    wrong = read["method"].is_null()
    verdicts = [NOTHING] * len(lines)
    for row, verdict in scan_requests(read):
        verdicts[row] = verdict
    for row in wrong.arg_true().to_list():
        verdicts[row] = judge_value(lines[row])
    return verdicts


def scan_requests(read: pl.DataFrame) -> Iterator[tuple[int, Verdict]]:
    """(row, verdict) of the suspicious among requests in the columns method, target, referer and user_agent.

    A row without method is none; a target is as the client sent it, in the escapes of an access log or without.
    """
    own = _own_hosts(read["referer"])
    known: dict[Request, Verdict] = {}
    for row in _suspicious(read).arg_true().to_list():
        request = _request(read.row(row, named=True), own)
        if request not in known:
            known[request] = judge(request)
        yield row, known[request]


def scan_values(values: Sequence[str]) -> list[Verdict]:
    """One verdict per bare value, in order."""
    column = pl.Series("value", values, dtype=pl.String)
    distinct = column.unique()
    held = suspects(distinct, "value") | suspects(distinct, "path")
    known = {value: judge_value(value) for value in distinct.filter(held).to_list()}
    return [known.get(value, NOTHING) for value in values]


def _request(row: dict[str, str | None], own: frozenset[str]) -> Request:
    referer = logged(row["referer"] or "")
    return Request(
        logged(row["target"] or ""),
        row["method"] or "",
        "" if referer == "-" else referer,
        logged(row["user_agent"] or ""),
        own_referer=_host(referer) in own,
    )


def _host(address: str) -> str:
    return address.partition("://")[2].partition("/")[0].lower()


def _own_hosts(referers: pl.Series) -> frozenset[str]:
    """The hosts whose pages lead to this site so often that they are the site."""
    hosts = referers.str.extract(r"^\w+://([^/]*)").drop_nulls().str.to_lowercase()
    if hosts.len() < FEW:
        return frozenset()
    counts = hosts.value_counts()
    return frozenset(counts.filter(pl.col("count") >= max(FEW, OWN_SITE * hosts.len()))[hosts.name].to_list())


def _suspicious(read: pl.DataFrame) -> pl.Series:
    """Which rows have a piece that the gate holds back."""
    number = pl.int_range(read.height, dtype=pl.UInt32)
    rows = read.with_columns(number.alias("row")).filter(pl.col("method").is_not_null())
    split = rows.select("row", "target", "referer", "user_agent", pl.col("target").str.splitn("?", 2).alias("cut"))
    split = split.with_columns(
        pl.col("cut").struct.field("field_0").alias("path"), pl.col("cut").struct.field("field_1").alias("query")
    )
    pairs = split.select("row", pl.col("query").str.split("&")).drop_nulls().explode("query")
    pairs = pairs.select("row", pl.col("query").str.splitn("=", 2).alias("cut")).select(
        "row",
        pl.col("cut").struct.field("field_0").alias("name"),
        pl.col("cut").struct.field("field_1").fill_null("").alias("value"),
    )
    asked = split.select("row", pl.col("referer").str.split("?").list.eval(pl.element().str.split("&").explode()))
    asked = asked.explode("referer").drop_nulls()
    held = [_held(split.select("row", part), part) for part in ("path", "target", "user_agent")]
    held.append(_held(asked, "referer"))
    held += [_held(pairs.select("row", part), part) for part in ("name", "value")]
    held.append(rows.filter(~pl.col("method").str.contains(r"^[A-Z]{1,19}$"))["row"])
    flags = pl.zeros(read.height, dtype=pl.Int8, eager=True)
    for found in held:
        flags = flags.scatter(found.unique().to_list(), 1)
    return flags == 1


def _held(pieces: pl.DataFrame, part: str) -> pl.Series:
    """The rows whose piece is held back; each distinct piece is looked at once."""
    distinct = pieces[part].drop_nulls().unique()
    if not distinct.len():
        return pl.Series([], dtype=pl.UInt32)
    held = [piece for piece in distinct.filter(suspects(distinct, part)).to_list() if speaks(part, logged(piece))]
    return pieces.filter(pl.col(part).is_in(held))["row"]


def batches(lines: Iterator[str], size: int = 100_000) -> Iterator[list[str]]:
    """Lines in lists of at most `size`."""
    batch: list[str] = []
    for line in lines:
        batch.append(line)
        if len(batch) >= size:
            yield batch
            batch = []
    if batch:
        yield batch
