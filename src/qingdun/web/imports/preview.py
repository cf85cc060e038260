"""Which imports a reader may look at, and the rows of one's own: the same for a page and for a program."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
from django.http import Http404
from django.shortcuts import get_object_or_404

from qingdun.access import policy
from qingdun.web.core.tables.read import ROW
from qingdun.web.imports import actions, verdicts
from qingdun.web.imports.register import Register, registers
from qingdun.web.models import Import, ImportPart


def find(user: Any, room: str, pk: int) -> tuple[Import, Register]:
    """An import `user` may know of. Raises PermissionDenied for whoever may import nothing here, else Http404."""
    here = registers(room)
    permissions = sorted({one.permission for one in here.values()})
    if not any(policy.may(user, permission) for permission in permissions):
        policy.require(user, permissions[0])
    every = Import.objects.filter(register__in=here).select_related("job", "by__person__unit")
    register = here[get_object_or_404(every, pk=pk).register]
    return get_object_or_404(every.visible_to(user, register.permission), pk=pk), register


def own(user: Any, room: str, pk: int) -> tuple[Import, Register]:
    """The user's own import: its rows are nobody else's. Raises as `find`."""
    given, register = find(user, room, pk)
    if given.by_id != user.pk:
        raise Http404(pk)
    policy.require(user, register.permission)
    return given, register


def rows(given: Import, what: str, words: str) -> pl.DataFrame:
    """The verdicts of one kind ("" for all) with these words in any cell. Raises ImportPart.DoesNotExist."""
    found = actions.part(given, ImportPart.Name.VERDICTS) if given.counts else pl.DataFrame(schema=verdicts.SCHEMA)
    if words and given.counts:
        found = found.filter(_holding(actions.part(given, ImportPart.Name.TABLE), words))
    return found.filter(pl.col("what") == what) if what else found


def _holding(table: pl.DataFrame, words: str) -> pl.Series:
    """Verdicts and table have the same rows in the same order."""
    anywhere = pl.any_horizontal(
        pl.col(key).fill_null("").str.to_lowercase().str.contains(words.lower(), literal=True)
        for key in table.columns[1:]
    )
    return table.select(anywhere.alias("held"))["held"]


def as_dict(row: Mapping[str, Any]) -> dict[str, Any]:
    faults = [{"column": column, "reason": words} for column, words in verdicts.faults(row)]
    return {
        "row": row[ROW],
        "what": row["what"],
        "name": row["label"],
        "changes": verdicts.changes(row),
        "faults": faults,
    }
