"""What the page of one import shows: how far it is, what each row would do, what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import polars as pl
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from qingdun.web import jobs
from qingdun.web.core.paging import Page
from qingdun.web.core.tables.read import ROW
from qingdun.web.imports import actions, preview, verdicts
from qingdun.web.imports.files import in_words
from qingdun.web.imports.register import Register
from qingdun.web.imports.rows import Fault, What
from qingdun.web.marks import Shape, Tone, mark
from qingdun.web.models import Import, ImportPart, JobRun

Text = str | Promise
TITLES: dict[What, Text] = {
    What.NEW: _("新增"),
    What.CHANGED: _("变更"),
    What.UNCHANGED: _("未变"),
    What.WRONG: _("有误"),
}
MARKS: dict[What, tuple[Shape, Tone]] = {
    What.NEW: ("circle", "ok"),
    What.CHANGED: ("diamond", "brand"),
    What.UNCHANGED: ("ring", "plain"),
    What.WRONG: ("triangle", "bad"),
}
SIZE = 50


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the preview. `changes`: title, before, after. `cells`: title and text, of a row as it was given."""

    number: int
    label: str
    mark: SafeString
    changes: list[tuple[Text, str, str]]
    reason: str
    cells: list[tuple[Text, str]]


@dataclass(frozen=True, slots=True)
class Tab:
    title: Text
    count: int
    query: str
    current: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """`mine`: the reader is the importer, who alone sees rows. `run`: the job at work, with its live progress."""

    given: Import
    register: Register
    mine: bool
    run: JobRun | None
    tabs: Sequence[Tab] = ()
    lines: Sequence[Line] = ()
    page: Page | None = None
    turns: Mapping[str, str] | None = None
    words: str = ""
    what: str = ""

    @property
    def is_active(self) -> bool:
        return self.run is not None and self.run.is_active

    @property
    def is_stuck(self) -> bool:
        """Its process was killed: reading has to begin again with a new upload, writing can be asked for again."""
        return self.given.state in (Import.State.READING, Import.State.WRITING) and not self.is_active

    @property
    def takes(self) -> list[tuple[What, Text, int]]:
        """The classes that can be accepted, with their rows."""
        kinds = (What.NEW, What.CHANGED)
        return [(what, TITLES[what], self.given.count(what)) for what in kinds if self.given.count(what)]

    @property
    def can_accept(self) -> bool:
        ready = self.given.state == Import.State.READY or (self.is_stuck and self.given.state == Import.State.WRITING)
        return self.mine and ready and bool(self.takes)

    @property
    def wrong(self) -> int:
        """Wrong rows, those found only at acceptance included."""
        return self.given.count(What.WRONG) + int(self.given.result.get("wrong", 0))

    @property
    def problems(self) -> list[tuple[int, str, str]]:
        """Rows that were good at the preview and no longer at acceptance: number, name, reason."""
        found: list[tuple[int, str, list[Fault]]] = self.given.result.get("problems", [])
        return [(number, label, in_words(self.register, faults)) for number, label, faults in found[:SIZE]]

    @property
    def list_url(self) -> str:
        return reverse(self.register.url_name)

    @property
    def urls(self) -> dict[str, str]:
        room, pk = self.register.room, self.given.pk
        pages = {"here": "import", "accept": "import_accept", "drop": "import_drop", "wrong": "import_wrong"}
        own = {key: reverse(f"{room}:{name}", args=[pk]) for key, name in pages.items()}
        return own | {"all": reverse(f"{room}:imports"), "new": reverse(f"{room}:import_{self.register.kind}")}


def show(given: Import, register: Register, asked: Mapping[str, str], *, mine: bool) -> Shown:
    run = jobs.seen(given.job) if given.job else None
    whole = Shown(given, register, mine, run)
    if not mine or not given.counts:
        return whole
    try:
        words = asked.get("q", "").replace("\0", "").strip()[:100]
        found, table = preview.rows(given, "", words), actions.part(given, ImportPart.Name.TABLE)
    except ImportPart.DoesNotExist:
        return whole
    what = asked.get("what", "") if asked.get("what", "") in list(What) else ""
    counts = verdicts.counted(found)
    if what:
        found = found.filter(pl.col("what") == what)
    wanted = asked.get("page", "")
    number = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 7 else 1
    page = Page.of(number, SIZE, found.height)
    rows = found[page.start : page.stop]
    cells = {row[ROW]: row for row in verdicts.of_rows(table, rows[ROW]).iter_rows(named=True)}
    lines = [_line(register, row, cells[row[ROW]]) for row in rows.iter_rows(named=True)]
    tabs = [Tab(_("全部"), counts["read"], _query(words, "", 1), not what)]
    tabs += [Tab(TITLES[one], counts[one], _query(words, one, 1), what == one) for one in What]
    turns = {
        name: _query(words, what, turn) if turn else ""
        for name, turn in {
            "first": 1 if page.previous else None,
            "previous": page.previous,
            "next": page.next,
            "last": page.count if page.next else None,
        }.items()
    }
    return Shown(given, register, mine, run, tabs, lines, page, turns, words, what)


def _query(words: str, what: str, page: int) -> str:
    asked = {"q": words, "what": what, "page": str(page) if page > 1 else ""}
    return "?" + urlencode({key: value for key, value in asked.items() if value})


def _line(register: Register, row: Mapping[str, Any], cells: Mapping[str, Any]) -> Line:
    what = What(row["what"])
    changed = [(register.by_key[key].title, *pair) for key, pair in verdicts.changes(row).items()]
    given = [(register.by_key[key].title, str(text)) for key, text in cells.items() if key != ROW and text is not None]
    return Line(
        row[ROW],
        row["label"],
        mark(str(TITLES[what]), *MARKS[what]),
        changed,
        in_words(register, verdicts.faults(row)),
        given if what is not What.CHANGED else [],
    )
