"""A table as a file, and an import as the page and its two jobs bring it about, without the queue."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:  # Django is not started yet when this file is read
    from qingdun.web.models import Import

Rows = tuple[tuple[object, ...], ...]


def silent(*_words: object) -> None:
    """Nobody watches."""


def as_csv(titles: tuple[str, ...], *rows: tuple[object, ...]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows((titles, *rows))
    return out.getvalue().encode()


@pytest.fixture
def importer(make_account: Any, make_unit: Any) -> Any:
    return make_account("security_officer", unit=make_unit())


@pytest.fixture
def offer(importer: Any) -> Callable[..., Import]:
    """`offer(content, kind="hosts", by=…)`: an import that was read."""
    from qingdun.web.imports import actions
    from qingdun.web.imports.register import registers

    def make(content: bytes, *, by: Any = importer, kind: str = "hosts") -> Import:
        given = actions.keep(registers()[f"inventory.{kind}"], "表.xlsx", content, by=by)
        actions.read(given, silent)
        given.refresh_from_db()
        return given

    return make


@pytest.fixture
def accept() -> Callable[..., Import]:
    """`accept(given, "new", "changed")`: as the page does it; without names both."""
    from qingdun.web.imports import actions
    from qingdun.web.models import Import

    def carry_out(given: Import, *classes: str) -> Import:
        taken = list(classes or ("new", "changed"))
        Import.objects.filter(pk=given.pk).update(state=Import.State.WRITING, taken=taken)
        actions.write(given, silent)
        given.refresh_from_db()
        return given

    return carry_out


@pytest.fixture
def verdicts() -> Callable[[Any], dict[int, str]]:
    """Row number → what it would do."""
    from qingdun.web.imports import actions
    from qingdun.web.models import ImportPart

    return lambda given: dict(actions.part(given, ImportPart.Name.VERDICTS).select("row", "what").iter_rows())


@pytest.fixture
def reasons() -> Callable[[Any], dict[int, list[list[str]]]]:
    """Row number → what is wrong, with its column."""
    from qingdun.web.imports import actions
    from qingdun.web.models import ImportPart

    def told(given: Any) -> dict[int, list[list[str]]]:
        rows = actions.part(given, ImportPart.Name.VERDICTS).iter_rows(named=True)
        return {row["row"]: json.loads(row["faults"]) for row in rows if row["faults"]}

    return told
