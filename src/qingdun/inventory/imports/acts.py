"""What an import did, row by row, for the audit chain: kept in a file until the end, so that memory stays bounded.

The chain is locked by whoever records until the transaction ends; recorded last, an import holds it for seconds.
"""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Iterator, Sequence
from functools import cache
from typing import IO, Any

from django.db.models import Model

from qingdun import audit

IN_MEMORY = 8 * 1024 * 1024  # bytes
Changes = dict[str, tuple[object, object]]


class Acts:
    """Things of one model that were entered (before is None) or changed."""

    def __init__(self, model: type[Model]) -> None:
        self.model = model
        self.kept: IO[bytes] | None = None

    def add(self, pairs: Sequence[tuple[Any, Any]]) -> None:
        chunk = [(after.pk, str(after), changes(before, after)) for before, after in pairs]
        if self.kept is None:
            self.kept = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  (see `close`)
        pickle.dump(chunk, self.kept, pickle.HIGHEST_PROTOCOL)

    def record(self, by: Any) -> None:
        if self.kept is not None:
            audit.record_many(by, "inventory.edit", self._replayed(self.kept))

    def close(self) -> None:
        if self.kept is not None:
            self.kept.close()

    def _replayed(self, kept: IO[bytes]) -> Iterator[tuple[audit.Thing, Changes]]:
        kind = self.model._meta.label_lower
        kept.seek(0)
        while True:
            try:
                chunk = pickle.load(kept)  # noqa: S301  (our own, of this very transaction)
            except EOFError:
                return
            for key, name, changed in chunk:
                yield audit.Thing(kind, key, name), changed


def changes(before: Any, after: Any) -> Changes:
    """Field by field what it was and what it becomes, in words a reader knows; unchanged fields left out."""
    found: Changes = {}
    model: type[Model] = type(after)
    for name, attribute, related in _stated(model):
        old, new = (getattr(before, attribute) if before else None), getattr(after, attribute)
        if (old or None) != (new or None):
            found[name] = (_named(before, name, related, old), _named(after, name, related, new))
    return found


@cache
def _stated(model: type[Model]) -> tuple[tuple[str, str, bool], ...]:
    """Name, attribute and "leads to another thing" of each column that somebody states."""
    own = [field for field in model._meta.concrete_fields if not field.primary_key and not field.generated]
    return tuple((field.name, field.attname, bool(field.is_relation)) for field in own)


def _named(thing: Any, name: str, related: bool, value: Any) -> Any:
    """A related thing by its name, never by our row number."""
    return str(getattr(thing, name)) if related and value is not None else value or None
