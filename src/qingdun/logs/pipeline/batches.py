"""From the entries of a batch to the rows the reader takes, without touching a single record in Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address

import numpy as np
import polars as pl
import pyarrow as pa

from qingdun.logs.core.columns import RAW
from qingdun.logs.spool import Entry, Head, Via
from qingdun.logs.spool.frames import borders

#: (logs.Source.via, its address)
Origin = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Known:
    """What a reader must know of a logs.Source. A relay passes on other devices' lines: their headers name them."""

    id: int
    format: str = ""
    relay: bool = False


def origin(head: Head) -> Origin:
    """Where a payload came from, as a source is known by it."""
    match head.via:
        case Via.UDP | Via.TCP | Via.TLS:
            return "syslog", head.peer
        case Via.HTTP:
            return "http", head.peer
        case Via.FILE:
            return "file", head.peer


def is_loopback(address: str) -> bool:
    """Lines from this machine itself were passed on by a program here."""
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def raw_rows(entries: Sequence[Entry], sources: Mapping[Origin | int, Known]) -> pl.DataFrame:
    """One row per record that is not empty, with the columns of RAW and `_relay`."""
    cut = [borders(entry.head.framing, entry.payload) for entry in entries]
    data = b"".join(
        [memoryview(entry.payload)[first:] for entry, (first, _whole, _bare) in zip(entries, cut, strict=True)]
    )
    whole = np.concatenate([lengths for _first, lengths, _bare in cut])
    bare = np.concatenate([lengths for _first, _whole, lengths in cut])
    counts = [len(lengths) for _first, lengths, _bare in cut]
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(whole)])
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    column = pl.Series("raw", pa.Array.from_buffers(pa.large_binary(), len(whole), buffers))
    known = [sources[entry.head.source or origin(entry.head)] for entry in entries]
    entry_of = np.repeat(np.arange(len(entries), dtype=np.uint32), counts)
    per_entry = pl.DataFrame(
        {
            "received": [entry.head.received for entry in entries],
            "source": [source.id for source in known],
            "format": [e.head.format or source.format or None for e, source in zip(entries, known, strict=True)],
            "_relay": [source.relay for source in known],
        },
        schema={"received": pl.Int64, "source": pl.Int32, "format": pl.String, "_relay": pl.Boolean},
    ).with_columns(pl.col("received").cast(pl.Datetime("us", "UTC")))
    rows = per_entry[entry_of].with_columns(column, pl.Series("_bare", bare))
    rows = rows.filter(pl.col("_bare") > 0).with_columns(pl.col("raw").bin.slice(0, pl.col("_bare")))
    return rows.select(*RAW, "_relay")
