"""A whole import in one go, without page, queue or person: what the command line does."""

from __future__ import annotations

from typing import Any

import polars as pl

from qingdun.web.core.tables.read import ROW
from qingdun.web.imports import actions, steps, verdicts
from qingdun.web.imports.reading import NotUsable
from qingdun.web.imports.register import Refused, Register, registers
from qingdun.web.imports.rows import What
from qingdun.web.jobs import Progress
from qingdun.web.models import Import, ImportPart


def register_called(kind: str) -> Register:
    """By its key, or by the part after the dot where only one has it. Raises LookupError with words."""
    found = [one for key, one in registers().items() if kind in (key, one.kind)]
    if len(found) != 1:
        raise LookupError(f"没有台账 {kind}；可用的：{'、'.join(registers())}")
    return found[0]


def whole(register: Register, name: str, content: bytes, progress: Progress, *, dry: bool) -> dict[str, Any]:
    """Read, decide and, unless `dry`, write every good row. Raises NotUsable, Refused."""
    if dry:
        looked = steps.look(register, content, by=None, progress=progress)
        return _said(register, verdicts.counted(looked.verdicts), _wrong(looked.verdicts))
    given = actions.keep(register, name, content, by=None)
    actions.read(given, progress)
    given.refresh_from_db()
    if given.state == Import.State.REFUSED:
        raise (Refused if given.counts else NotUsable)(given.problem)
    wrong = _wrong(actions.part(given, ImportPart.Name.VERDICTS))
    if given.state == Import.State.SAME:
        return _said(register, given.counts, wrong)
    Import.objects.filter(pk=given.pk).update(state=Import.State.WRITING, taken=[What.NEW.value, What.CHANGED.value])
    actions.write(given, progress)
    given.refresh_from_db()
    if given.state != Import.State.DONE:
        raise Refused(given.problem)
    done = given.result
    late = [{"row": number, "name": label, "faults": _faults(faults)} for number, label, faults in done["problems"]]
    counts = {"read": given.count("read"), "new": done["new"], "changed": done["changed"]}
    unchanged = given.count(What.UNCHANGED) + done["unchanged"]
    return _said(register, {**counts, "unchanged": unchanged}, [*wrong, *late])


def _wrong(found: pl.DataFrame) -> list[dict[str, Any]]:
    rows = found.filter(pl.col("what") == What.WRONG.value).iter_rows(named=True)
    return [{"row": row[ROW], "name": row["label"], "faults": _faults(verdicts.faults(row))} for row in rows]


def _faults(faults: Any) -> list[dict[str, str]]:
    return [{"column": column, "reason": words} for column, words in faults]


def _said(register: Register, counts: dict[str, int], wrong: list[dict[str, Any]]) -> dict[str, Any]:
    shown = {key: counts[key] for key in ("read", "new", "changed", "unchanged")}
    return {"register": register.key, **shown, "wrong": wrong}
