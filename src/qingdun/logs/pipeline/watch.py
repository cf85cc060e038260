"""What upper rooms do with every batch on its way to the lake. Found by file name (`lib.rooms`), never imported.

`<room>/looking.py` runs in the reader processes and knows no Django; `<room>/settling.py` runs in the committer, inside
the transaction that counts the batch. What is looked at is a frame; what is found travels from one to the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import polars as pl

#: Name → a file that its room's `publish` wrote for the readers; its name carries a digest of what is in it.
Material = Mapping[str, Path]


@dataclass(frozen=True, slots=True)
class Sight:
    """所见: the events with what was added to them (the same rows in the same order), and what was found in them.

    `found` must survive pickle (and is pickled at once). `urgent`: do not wait for the next second, commit this batch
    at once; meant for what may lead to a block, not for every attack.
    """

    events: pl.DataFrame
    found: Any = None
    urgent: bool = False


class Looking(Protocol):
    """`<room>/looking.py`. ORDER tells who looks first: a later one sees the columns that earlier ones filled."""

    ORDER: int

    @staticmethod
    def look(events: pl.DataFrame, material: Material) -> Sight:
        """Pure but for reading the material, which may be empty. Events have the columns of EVENT, batch and row too.

        Whatever it raises costs only detection: the rows that cause it are looked for by halving and left out; if they
        are many, `found` is None. After a restart it is asked again about batches from the lake, with ENRICHED emptied.
        """


class Settler(Protocol):
    """What a `<room>/settling.py` calls `Settler`: one object for the life of a committer; batches come in order."""

    def settle(self, key: str, found: Any, said: dict[str, Any], *, again: bool) -> Any:
        """Write what follows from the batch `key`, inside its transaction; what is returned stands in `said` by room.

        `found` is what the same room's `look` found, None when it could not look. `again`: the batch is committed
        already and is only brought to mind after a restart; nothing is written. An exception other than of an
        unreachable database rolls the transaction back and repeats it without this room for this batch.
        """

    def committed(self) -> None:
        """The transaction stands."""

    def forget(self) -> None:
        """The transaction did not stand: drop what was remembered since the last `committed`."""

    def dump(self) -> bytes:
        """What is remembered between batches; kept in a file now and then."""

    def load(self, held: bytes | None) -> None:
        """Start from what was dumped; batches committed since then follow as `again`."""


class Settling(Protocol):
    """`<room>/settling.py`. ORDER as for looking."""

    ORDER: int
    Settler: type[Settler]

    @staticmethod
    def publish(folder: Path) -> Material:
        """Write what readers need, if it has changed, and say where. Asked every few seconds: cheap when it has not.

        A file that is neither in what was last published nor held by a batch under way is deleted.
        """
