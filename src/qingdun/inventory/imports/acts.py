"""What an import did, row by row, for the audit chain: kept in a file until the end, so that memory stays bounded.

The chain is locked by whoever records until the transaction ends; recorded last, an import holds it for seconds.
"""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Iterator, Sequence
from typing import IO, Any

from django.db.models import Model

from qingdun import audit
from qingdun.inventory.models import Site

IN_MEMORY = 8 * 1024 * 1024  # bytes
Changes = dict[str, tuple[object, object]]


class Acts:
    """Things of one model that were entered (before is None) or changed."""

    def __init__(self, model: type[Model]) -> None:
        self.model = model
        self.name = "domain" if model is Site else "name"  # what `str` of the thing is made of
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

    def _replayed(self, kept: IO[bytes]) -> Iterator[tuple[Model, Changes]]:
        kept.seek(0)
        while True:
            try:
                chunk = pickle.load(kept)  # noqa: S301  (our own, of this very transaction)
            except EOFError:
                return
            for key, name, changed in chunk:
                yield self.model(pk=key, **{self.name: name}), changed


def changes(before: Any, after: Any) -> Changes:
    """Field by field what it was and what it becomes, in words a reader knows; unchanged fields left out."""
    found: Changes = {}
    for field in after._meta.concrete_fields:
        if field.primary_key or field.generated:
            continue
        old, new = (getattr(before, field.attname) if before else None), getattr(after, field.attname)
        if (old or None) != (new or None):
            found[field.name] = (_named(before, field, old), _named(after, field, new))
    return found


def _named(thing: Any, field: Any, value: Any) -> Any:
    """A related thing by its name, never by our row number."""
    return str(getattr(thing, field.name)) if field.is_relation and value is not None else value or None
