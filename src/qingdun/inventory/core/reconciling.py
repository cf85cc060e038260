"""Two lists of machines held against each other: what one has and the other has not, and where they disagree. Pure.

A row of a source is found in the register by its address , else by its name where only one host has
it. Set-based: one pass over each list.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

AGENT, HOST = "agent", "host"


class Kind(StrEnum):
    """差异类别: what is wrong between the register and a source."""

    UNREGISTERED = "unregistered"
    UNSEEN = "unseen"
    AGENT_MISSING = "agent_missing"
    AGENT_UNREGISTERED = "agent_new"
    DIFFERS = "differs"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class Known:
    """A host of the register. `keys`: all its addresses as text keys; `values`: what may be compared."""

    pk: int
    unit: int
    zone: str
    name: str
    keys: tuple[str, ...]
    agent: bool
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Seen:
    """A row of a source. `unit` is the key of the unit it names, None when it names none we know."""

    key: str
    address: str
    name: str = ""
    unit: int | None = None
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """One difference. `key` tells it from every other of its source and kind, today as tomorrow."""

    kind: Kind
    key: str
    name: str
    host: int | None = None
    unit: int | None = None
    expected: str = ""
    seen: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


def compare(known: Sequence[Known], seen: Sequence[Seen], tells: str, columns: Iterable[str]) -> list[Found]:
    """Every difference, each once. `tells`: does being listed mean an agent runs there, or only that the host is?"""
    by_key = {key: host for host in reversed(known) for key in host.keys}
    names = Counter(host.name for host in known)
    by_name = {host.name: host for host in known if names[host.name] == 1}
    listed: set[int] = set()
    found: dict[tuple[Kind, str], Found] = {}
    first: dict[str, Seen] = {}
    for row in seen:
        twin = first.setdefault(row.key, row)
        if twin is not row:
            if twin.name != row.name or twin.unit != row.unit:
                _add(found, Found(Kind.DUPLICATE, row.key, row.address, None, None, twin.name, row.name))
            continue
        host = by_key.get(row.key) or by_name.get(row.name)
        if host is None:
            more = {**row.values, "address": row.address, "name": row.name}
            _add(
                found, Found(Kind.UNREGISTERED, row.key, row.name or row.address, None, row.unit, "", row.address, more)
            )
            continue
        listed.add(host.pk)
        for one in _between(host, row, tells, columns):
            _add(found, one)
    for host in known:
        if host.pk not in listed and (tells == HOST or host.agent):
            kind = Kind.UNSEEN if tells == HOST else Kind.AGENT_MISSING
            _add(found, Found(kind, str(host.pk), host.name, host.pk, host.unit))
    return list(found.values())


def _between(host: Known, row: Seen, tells: str, columns: Iterable[str]) -> Iterable[Found]:
    """Where the register and the source say something else of one machine."""
    if tells == AGENT and not host.agent:
        yield Found(Kind.AGENT_UNREGISTERED, str(host.pk), host.name, host.pk, host.unit, values=row.values)
    for column in columns:
        if column == "unit":
            if row.unit is not None and row.unit != host.unit:
                yield _differs(host, column, str(host.unit), str(row.unit))
            continue
        ours, theirs = (
            (host.name, row.name) if column == "name" else (host.values.get(column, ""), row.values.get(column, ""))
        )
        if theirs and _plain(ours) != _plain(theirs):
            yield _differs(host, column, ours, theirs)


def _differs(host: Known, column: str, ours: str, theirs: str) -> Found:
    return Found(
        Kind.DIFFERS,
        f"{host.pk}/{column}",
        host.name,
        host.pk,
        host.unit,
        ours,
        theirs,
        {"column": column, "value": theirs},
    )


def _plain(text: str) -> str:
    """Without what people write differently: case and blanks."""
    return "".join(text.split()).casefold()


def _add(found: dict[tuple[Kind, str], Found], one: Found) -> None:
    found.setdefault((one.kind, one.key), one)
