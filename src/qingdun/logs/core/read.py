"""The reader: raw records in, events out, one for one and in order, whatever the bytes are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import polars as pl

from qingdun.logs.core import decode, generic, logins, mask, normal, reading, words
from qingdun.logs.core.columns import EVENT, TEXT
from qingdun.logs.core.envelope import open_envelope
from qingdun.logs.core.formats import LogFormat
from qingdun.logs.core.recognise import Recogniser
from qingdun.logs.core.times import Clock

UNREAD = "没有格式能读这一行"
#: Some devices give the whole request line where others give the URL.
_REQUEST = rf"^({words.METHODS}) (\S+)(?: HTTP/([\d.]+))?$"
#: Two or more pairs: a layout, in which a word is no sentence.
_LAID_OUT = r"\w\s?[=:：]\s?\S.*\w\s?[=:：]\s?\S"
#: A device whose clock was never set counts from 1970.
_UNSET = pl.lit("2000-01-02").str.to_datetime(time_unit="us", time_zone="UTC")
_ADDRESSES = ("source.ip", "destination.ip", "observer.ip", "network.forwarded_ip")


class Reader:
    """Reads batches. Pure: the same rows give the same events; made once, used for every batch of a process.

    `event.ingested` is `received`; `qingdun.batch` and `qingdun.row` stay null, the caller knows them.
    """

    def __init__(self, formats: Mapping[str, LogFormat], zone: str = "Asia/Shanghai") -> None:
        self.formats = formats
        self.zone = zone
        self._recognise = Recogniser(formats)

    def read(self, raw: pl.DataFrame) -> pl.DataFrame:
        """RAW → EVENT: as many rows, in the same order. Never raises for what the bytes are."""
        if raw.is_empty():
            return pl.DataFrame(schema=EVENT)
        lines = self._lines(raw)
        found = self._found(lines)
        events = lines.join(found, on="row", how="left", maintain_order="left", suffix="/found")
        return self._finish(events)

    def _lines(self, raw: pl.DataFrame) -> pl.DataFrame:
        """The text of each record with its secrets hidden, and what its envelope says."""
        line = mask.mask(decode.text(raw["raw"]))
        lines = raw.select("received", "source", pl.col("format").alias("hint")).with_row_index("row")
        return lines.with_columns(line.alias("line")).hstack(open_envelope(line))

    def _found(self, lines: pl.DataFrame) -> pl.DataFrame:
        """Text columns of every line that something could read, and `form`, the key of what read it."""
        known = lines.join(self._recognise(lines), on="row", how="inner", maintain_order="left")
        by_format = _safely(partial(reading.read, self.formats), known)
        rest = lines.join(by_format, on="row", how="anti")
        by_meaning = _safely(generic.read, rest).with_columns(form=pl.lit(generic.FORM))
        return pl.concat([by_format, by_meaning], how="diagonal")

    def _finish(self, events: pl.DataFrame) -> pl.DataFrame:
        """Device words → typed columns."""
        missing = [name for name in EVENT if name not in events.columns]
        events = events.with_columns(pl.lit(None, dtype=TEXT).alias(name) for name in missing)
        events = events.with_columns(self._signature())
        events = events.with_columns(self._times(events))
        events = _addresses(events)
        events = _urls(events)
        events = _words(logins.tell(_verdict(events)))
        events = _envelope(events)
        return events.select(pl.col(name).cast(kind, strict=False) for name, kind in EVENT.items())

    def _signature(self) -> list[pl.Expr]:
        """Whose format it is; a format that reads the vendor from the line knows better."""
        vendors = {key: one.vendor for key, one in self.formats.items()}
        devices = {key: one.device for key, one in self.formats.items()}
        form = pl.col("form")
        return [
            form.alias("qingdun.format"),
            pl.coalesce("observer.vendor", form.replace_strict(vendors, default=None, return_dtype=TEXT)),
            pl.coalesce("observer.type", form.replace_strict(devices, default=None, return_dtype=TEXT)),
        ]

    def _times(self, events: pl.DataFrame) -> pl.Series:
        """The line's own time, else its envelope's, else when it was received."""
        own = {key: one.zone for key, one in self.formats.items() if one.zone}
        zones = events["form"].replace_strict(own, default=self.zone, return_dtype=TEXT)
        both = {"@timestamp": events["@timestamp"], "time": events["time"]}
        at = pl.Series("@timestamp", [None] * events.height, dtype=EVENT["@timestamp"])
        for zone in zones.unique().to_list():
            clock = Clock(zone, events["received"])
            frame = pl.DataFrame(
                {"here": zones == zone, **{name: clock.read(text) for name, text in both.items()}, "at": at}
            )
            at = frame.select(pl.when("here").then(pl.coalesce(_set("@timestamp"), _set("time"))).otherwise("at"))[
                "@timestamp"
            ]
        known = pl.DataFrame({"@timestamp": at, "received": events["received"]})
        return known.select(pl.coalesce("@timestamp", "received"))["@timestamp"]


def _set(column: str) -> pl.Expr:
    return pl.when(pl.col(column) > _UNSET).then(column)


def _safely(read: Callable[[pl.DataFrame], pl.DataFrame], lines: pl.DataFrame) -> pl.DataFrame:
    """A reader's part of a batch; what makes polars stumble is left unread rather than stopping the batch."""
    if lines.is_empty():
        return lines.select("row")
    try:
        return read(lines).unique("row", keep="first", maintain_order=True)
    except (pl.exceptions.PolarsError, ValueError, OverflowError):
        if lines.height == 1:
            return lines.select("row").clear()
    half = lines.height // 2
    return pl.concat([_safely(read, lines[:half]), _safely(read, lines[half:])], how="diagonal")


def _addresses(events: pl.DataFrame) -> pl.DataFrame:
    """Addresses, and the ports beside or behind them."""
    ports = [
        pl.coalesce(normal.port(pl.col(f"{side}.port")), normal.port_after(f"{side}.ip")).alias(f"{side}.port")
        for side in ("source", "destination")
    ]
    return events.with_columns(*ports, *(normal.address(name) for name in _ADDRESSES))


def _urls(events: pl.DataFrame) -> pl.DataFrame:
    """A URL and its parts complete each other; what the device says about a part is not overruled."""
    asked = pl.col("url.original").str.extract_groups(_REQUEST).struct
    events = events.with_columns(
        pl.coalesce("http.request.method", asked.field("1")),
        pl.coalesce(asked.field("3"), pl.col("http.version").str.strip_prefix("HTTP/")).alias("http.version"),
        pl.coalesce(asked.field("2"), "url.original").alias("url.original"),
    )
    query = pl.col("url.query").str.strip_prefix("?")
    made = pl.concat_str("url.path", pl.when(query != "").then("?" + query).otherwise(pl.lit("")), ignore_nulls=True)
    events = events.with_columns(pl.coalesce("url.original", pl.when(pl.col("url.path").is_not_null()).then(made)))
    events = events.with_columns(normal.url_parts("url.original").alias("parts"))
    parts = [
        pl.coalesce(f"url.{name}", pl.col("parts").struct.field(name).replace("", None)).alias(f"url.{name}")
        for name in ("domain", "path", "query")
    ]
    events = events.with_columns(parts)
    lonely = pl.col("url.original").is_null() & (pl.col("url.domain") == pl.col("host.name"))
    return events.with_columns(pl.when(~lonely.fill_null(False)).then("url.domain").alias("url.domain"))


def _verdict(events: pl.DataFrame) -> pl.DataFrame:
    """A device without an action key often says in words what it did."""
    prose = (pl.col("qingdun.format") == generic.FORM) & ~pl.col("body").str.contains(_LAID_OUT)
    told = pl.coalesce("message", pl.when(prose).then("body"))
    said = pl.coalesce(told.str.extract(words.VERDICT), told.str.extract(words.DOING))
    return events.with_columns(pl.coalesce("event.action", said).alias("event.action"))


def _words(events: pl.DataFrame) -> pl.DataFrame:
    """Severity, action, outcome, protocol, numbers; a format's own meaning stands before the general words."""
    priority = pl.col("pri").cast(pl.Int32, strict=False)
    by_syslog = pl.when(priority.is_between(0, 191)).then(priority % 8).cast(TEXT)
    by_syslog = by_syslog.replace_strict(words.SYSLOG_SEVERITY, default=None, return_dtype=TEXT).cast(pl.Int8)
    protocol = pl.col("network.transport")
    told = (pl.col("event.category") == "authentication") | (pl.col("qingdun.format") == "generic")
    transport = normal.transport("network.transport")
    own = pl.col("event.severity").cast(pl.Int8, strict=False)
    return events.with_columns(
        pl.coalesce(own, normal.severity("log.level"), by_syslog).alias("event.severity"),
        pl.coalesce("qingdun.action", normal.action("event.action")),
        pl.coalesce(normal.outcome("event.outcome"), pl.when(told).then(normal.outcome("body"))).alias("event.outcome"),
        transport.alias("network.transport"),
        pl.coalesce("network.protocol", pl.when(transport.is_null() & ~protocol.str.contains(r"^\d+$")).then(protocol))
        .str.to_lowercase().alias("network.protocol"),
        pl.col("http.request.method").str.to_uppercase(),
        normal.number(pl.col("http.response.status_code"), 599).alias("http.response.status_code"),
        normal.number(pl.col("http.response.body.bytes"), 2**62).alias("http.response.body.bytes"),
        normal.number(pl.col("qingdun.count"), 2**62).fill_null(1).alias("qingdun.count"),
        priority.alias("log.syslog.priority"),
    )  # fmt: skip


def _envelope(events: pl.DataFrame) -> pl.DataFrame:
    """What only the envelope knows, and whether the line was read at all."""
    wrapped = pl.any_horizontal(pl.col("pri", "time", "host", "app").is_not_null()) & (pl.col("body") != "")
    form = pl.coalesce("qingdun.format", pl.when(wrapped).then(pl.lit("generic")))
    prose = (
        form.is_null()
        | (form == "generic")
        | pl.col("message").is_null() & ~pl.col("body").str.contains(r"^\W*[{\[]|\w=")
    )
    return events.with_columns(
        pl.col("host").alias("log.syslog.hostname"),
        pl.col("app").alias("log.syslog.appname"),
        pl.col("pid").alias("log.syslog.procid"),
        pl.coalesce("host.name", "host").alias("host.name"),
        pl.coalesce("process.name", "app").alias("process.name"),
        pl.coalesce("message", pl.when(prose & (pl.col("body") != "")).then("body")).alias("message"),
        form.alias("qingdun.format"),
        pl.when(form.is_null()).then(pl.lit(UNREAD)).alias("error.message"),
        pl.col("line").alias("event.original"),
        pl.col("received").alias("event.ingested"),
        pl.col("source").alias("qingdun.source"),
        pl.lit(None, dtype=TEXT).alias("qingdun.batch"),
        pl.lit(None, dtype=pl.Int32()).alias("qingdun.row"),
    )
