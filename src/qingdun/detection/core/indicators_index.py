"""情报比对表: all indicators in one Arrow file, and the sorted keys by which whole columns are looked up in it.

The file is mapped, not read: readers of one machine share it. Beside it a matcher holds twelve bytes an indicator: its
key (an IPv4 network as a number, anything else as a hash whose hits are compared in full) and its place.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from qingdun.detection.core import indicators
from qingdun.detection.core.indicators import Kind, Refused

Numbers = NDArray[np.uint64]
Places = NDArray[np.int64]

#: One row an indicator. `since`, `until`: before and from when on it does not count; null for always.
SCHEMA: dict[str, pl.DataType] = {
    "kind": pl.String(),
    "value": pl.String(),
    "category": pl.String(),
    "weight": pl.Int16(),
    "since": pl.Datetime("us", "UTC"),
    "until": pl.Datetime("us", "UTC"),
}
_KINDS = pl.Enum([kind.value for kind in Kind])
_HOST = r"^(\[[^\]]*\]|[^/?:]+)"  # of a compared URL
_FOUR = r"^\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}$"
PAIRS = {"value": pl.String(), "place": pl.Int64()}


def write(file: Path, rows: pl.DataFrame) -> None:
    """Replaces the file in one step. `rows` as in SCHEMA, values in normal form."""
    beside = file.with_name(f".{os.getpid()}-{file.name}")
    compared(rows).write_ipc(beside, compression="uncompressed")
    beside.replace(file)


def compared(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows as a matcher takes them: with what of a URL is compared."""
    urls = pl.when(pl.col("kind") == Kind.URL.value).then(pl.col("value"))
    return rows.select(
        pl.col("kind").cast(_KINDS),
        "value",
        pl.col("category").cast(pl.Categorical),
        "weight",
        "since",
        "until",
        urls.map_elements(indicators.url_key, return_dtype=pl.String).alias("compared"),
    ).sort("kind")


@lru_cache(maxsize=1)
def load(file: Path) -> Matcher:
    """The matcher of a file that `write` wrote; remembered, because its name says what is in it."""
    return Matcher(pl.read_ipc(file))


class Matcher:
    """情报比对: distinct values of a column → the indicators that cover them."""

    def __init__(self, rows: pl.DataFrame) -> None:
        self.rows = rows
        self._networks = _Networks(self._of(Kind.ADDRESS, Kind.NETWORK))
        self._domains = _Texts(self._of(Kind.DOMAIN))
        self._urls = _Texts(self._of(Kind.URL, compared="compared"))
        hosts = self._urls.rows["text"].str.extract(_HOST, 1).unique().drop_nulls()
        self._hosts = _Keys(hosts.hash().to_numpy(), np.arange(len(hosts)))
        self._hashes = {kind: _Texts(self._of(kind)) for kind in (Kind.MD5, Kind.SHA1, Kind.SHA256)}

    def __len__(self) -> int:
        return self.rows.height

    def addresses(self, values: pl.Series) -> pl.DataFrame:
        """(value, place) of every address and network that holds one of these distinct addresses."""
        return self._networks.find(values)

    def domains(self, values: pl.Series) -> pl.DataFrame:
        """The same for domains: a name is met by its own indicator and those of the domains above it."""
        if not len(self._domains):
            return pl.DataFrame(schema=PAIRS)
        steps = list(_upwards(values))
        return pl.concat([self._domains.find(names, named) for named, names in steps])

    def urls(self, values: pl.Series) -> pl.DataFrame:
        """The same for absolute URLs. Only those of hosts that occur in an indicator are taken apart."""
        if not len(self._urls):
            return pl.DataFrame(schema=PAIRS)
        values = values.filter(values.str.contains("://", literal=True))
        host = values.str.extract(r"^[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@]*@)?([^/?#]+)", 1).str.to_lowercase()
        bare = host.str.replace(r":\d*$", "").str.strip_chars_end(".")
        likely = values.filter(self._hosts.hold(bare.fill_null("").hash().to_numpy()))
        keys = pl.Series([indicators.url_key(text) for text in likely.to_list()], dtype=pl.String)
        return self._urls.find(keys, likely)

    def hashes(self, values: pl.Series, kind: Kind) -> pl.DataFrame:
        """The same for file hashes of one kind."""
        return self._hashes[kind].find(values.str.to_lowercase(), values)

    def ask(self, text: str) -> pl.DataFrame:
        """The indicators that cover one value of any kind, as rows with `exact`. Raises `Refused` when it is none."""
        kind = indicators.guess(text := indicators.refang(text))
        values = pl.Series([text])
        match kind:
            case Kind.ADDRESS | Kind.NETWORK:
                found = self.addresses(pl.Series([str(indicators.network(text).network_address)]))
            case Kind.DOMAIN:
                found = self.domains(values.str.to_lowercase())
            case Kind.URL:
                found = self.urls(values if "://" in text else "http://" + values)
            case Kind.MD5 | Kind.SHA1 | Kind.SHA256:
                found = self.hashes(values, kind)
        return self.rows[found["place"].to_list()].sort("weight", descending=True)

    def _of(self, *kinds: Kind, compared: str = "value") -> pl.DataFrame:
        """(text, place) of some kinds."""
        wanted = self.rows.lazy().with_row_index("place").filter(pl.col("kind").is_in([kind.value for kind in kinds]))
        return wanted.select(pl.col(compared).alias("text"), pl.col("place").cast(pl.Int64)).collect()


class _Keys:
    """Sorted numbers and the places they stand for; a number may stand several times."""

    def __init__(self, keys: Numbers, places: Places) -> None:
        order = np.argsort(keys, kind="stable")
        self.keys, self.places = keys[order], places[order].astype(np.uint32)

    def hold(self, wanted: Numbers) -> NDArray[np.bool_]:
        """Which of them are here?"""
        if not len(self.keys):
            return np.zeros(len(wanted), np.bool_)
        at = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        return np.equal(self.keys[at], wanted)

    def find(self, wanted: Numbers) -> tuple[Places, Places]:
        """(number of the wanted key, place) of every hit."""
        start = np.searchsorted(self.keys, wanted, "left")
        stop = np.searchsorted(self.keys, wanted, "right")
        counts = stop - start
        asked = np.repeat(np.arange(len(wanted)), counts)
        within = np.arange(len(asked)) - np.repeat(np.cumsum(counts) - counts, counts)
        return asked, self.places[start[asked] + within].astype(np.int64)


class _Texts:
    """Texts by their hash; every hit is compared in full."""

    def __init__(self, rows: pl.DataFrame) -> None:
        self.rows = rows
        self._keys = _Keys(rows["text"].hash().to_numpy(), np.arange(rows.height))

    def __len__(self) -> int:
        return self.rows.height

    def find(self, texts: pl.Series, named: pl.Series) -> pl.DataFrame:
        """(value, place): `texts` are looked up, `named` stand in the answer."""
        if not len(self) or texts.is_empty():
            return pl.DataFrame(schema=PAIRS)
        asked, at = self._keys.find(texts.hash().to_numpy())
        same = texts.gather(asked) == self.rows["text"].gather(at)
        found = pl.DataFrame({"value": named.gather(asked), "place": self.rows["place"].gather(at)}, schema=PAIRS)
        return found.filter(same)


class _Networks:
    """Addresses and networks: an address is looked up once for each length of prefix that occurs."""

    def __init__(self, rows: pl.DataFrame) -> None:
        is_six = rows["text"].str.contains(":", literal=True)
        four, six = rows.filter(~is_six), rows.filter(is_six)
        address, length = _split(four["text"])
        keys = (length.astype(np.uint64) << np.uint64(32)) | four_numbers(address)
        self._lengths = [int(one) for one in np.unique(length)]
        self._four = _Keys(keys, four["place"].to_numpy())
        self._six: dict[int, dict[int, list[int]]] = {}
        for text, place in six.iter_rows():
            found = indicators.network(text)
            self._six.setdefault(found.prefixlen, {}).setdefault(int(found.network_address), []).append(place)

    def find(self, values: pl.Series) -> pl.DataFrame:
        is_four = values.str.contains(_FOUR)
        parts = list(self._find_four(values.filter(is_four)))
        rest = values.filter(~is_four)
        rest = rest.filter(rest.str.contains(":", literal=True))
        return pl.concat([pl.DataFrame(schema=PAIRS), *parts, self._find_six(rest)])

    def _find_four(self, values: pl.Series) -> Iterator[pl.DataFrame]:
        numbers = four_numbers(values)
        for length in self._lengths:
            mask = np.uint64((0xFFFFFFFF << (32 - length)) & 0xFFFFFFFF)
            asked, places = self._four.find((np.uint64(length) << np.uint64(32)) | (numbers & mask))
            if len(asked):
                yield pl.DataFrame({"value": values.gather(asked), "place": places}, schema=PAIRS)

    def _find_six(self, values: pl.Series) -> pl.DataFrame:
        """Few logs hold IPv6, so each distinct address is looked at by itself."""
        found: list[tuple[str, int]] = []
        for text in values.to_list():
            try:
                address = ip_address(text)
            except ValueError:
                continue
            assert isinstance(address, IPv6Address)
            if address.ipv4_mapped:
                plain = pl.Series([str(address.ipv4_mapped)])
                found += [(text, place) for part in self._find_four(plain) for place in part["place"]]
            found += [(text, place) for place in self._over_six(int(address))]
        return pl.DataFrame(found, schema=PAIRS, orient="row")

    def _over_six(self, number: int) -> Iterable[int]:
        for length, networks in self._six.items():
            yield from networks.get(number >> (128 - length) << (128 - length), ())


def _split(texts: pl.Series) -> tuple[pl.Series, NDArray[np.int64]]:
    """`a.b.c.d/n` → address and n; 32 where there is none."""
    length = texts.str.extract(r"/(\d+)$", 1).cast(pl.Int64).fill_null(32)
    return texts.str.replace(r"/\d+$", ""), length.to_numpy()


def four_numbers(texts: pl.Series) -> Numbers:
    """IPv4 addresses in dotted form as numbers."""
    parts = texts.to_frame("text").select(pl.col("text").str.split_exact(".", 3).alias("parts")).unnest("parts")
    octets = [parts[f"field_{n}"].cast(pl.UInt64).to_numpy() for n in range(4)]
    total = np.zeros(len(texts), np.uint64)
    for octet in octets:
        total = (total << np.uint64(8)) | octet
    return total


def _upwards(names: pl.Series) -> Iterator[tuple[pl.Series, pl.Series]]:
    """(the names as they were, the domains above them), one step after the other, down to two labels."""
    named, above = names, names.str.to_lowercase().str.strip_chars_end(".")
    while True:
        kept = above.str.contains(".", literal=True)
        named, above = named.filter(kept), above.filter(kept)
        yield named, above
        if named.is_empty():
            return
        above = above.str.replace(r"^[^.]*\.", "")


__all__ = ["SCHEMA", "Matcher", "Refused", "load", "write"]
