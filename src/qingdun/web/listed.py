"""One page of a list, ready for its template: headings, cells, tabs, chips and the addresses of every turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import conditional_escape, escape, format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext

from qingdun.access import policy
from qingdun.web.asked import Asked
from qingdun.web.core.paging import SIZES, Page
from qingdun.web.imports.register import registers
from qingdun.web.listing import Action, Bulk, Column, Filter, Listing, M
from qingdun.web.models import SavedFilter


@dataclass(frozen=True, slots=True)
class Heading:
    column: Column[Any]
    url: str  # empty: cannot be sorted
    direction: str  # for aria-sort, empty when the list is not sorted by it


@dataclass(frozen=True, slots=True)
class Row:
    key: object
    url: str
    cells: list[tuple[Column[Any], SafeString]]


@dataclass(frozen=True, slots=True)
class StateTab:
    title: object
    count: int
    url: str
    current: bool


@dataclass(frozen=True)
class Control:
    """A filter with its present value and what `user` may choose; read only where it is shown."""

    filter: Filter
    value: str
    user: Any

    @cached_property
    def options(self) -> list[tuple[str, Any]]:
        return [(str(key), title) for key, title in self.filter.options(self.user)] if self.filter.options else []

    @property
    def choices(self) -> SafeString:
        """Its options as markup, in one go: a city has a thousand units, and a template takes 20 µs for each."""
        parts = (
            f'<option value="{escape(value)}"{" selected" if value == self.value else ""}>{escape(title)}</option>'
            for value, title in self.options
        )
        return SafeString("".join(parts))

    @property
    def words(self) -> str:
        return "" if self.filter.kind == "flag" else str(dict(self.options).get(self.value, self.value))


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter in use; `url` is the list without it."""

    title: object
    words: str
    url: str


@dataclass(frozen=True, slots=True)
class Shown:
    listing: Listing[Any]
    asked: Asked
    page: Page
    headings: list[Heading]
    rows: list[Row]
    states: list[StateTab]
    controls: list[Control]
    chips: list[Chip]
    columns: list[tuple[Column[Any], bool]]
    saved: list[SavedFilter]
    actions: list[Action]
    bulk: list[Bulk]
    can_export: bool
    import_url: str
    problem: str

    @property
    def sizes(self) -> tuple[int, ...]:
        return SIZES

    @property
    def turns(self) -> dict[str, str]:
        """Where the pager leads; empty where there is no such page."""
        page = self.page
        wanted = {
            "first": 1 if page.previous else None,
            "previous": page.previous,
            "next": page.next,
            "last": page.count if page.next else None,
        }
        return {name: self.asked.but(page=number).query if number else "" for name, number in wanted.items()}


def build(
    user: Any,
    listing: Listing[M],
    asked: Asked,
    *,
    columns: Sequence[Column[M]],
    page: Page,
    rows: Sequence[M],
    counts: Mapping[str, int],
    problem: str,
    saved: list[SavedFilter],
) -> Shown:
    values = {one.key: value for one, value in asked.values}
    controls = [Control(one, values.get(one.key, ""), user) for one in listing.filters]
    return Shown(
        listing=listing,
        asked=asked,
        page=page,
        headings=[_heading(column, asked) for column in columns],
        rows=[_row(row, listing, columns) for row in rows],
        states=_states(listing, asked, counts),
        controls=controls,
        chips=[Chip(one.filter.title, one.words, asked.without(one.filter.key).query) for one in controls if one.value],
        columns=[(column, column in columns) for column in listing.columns],
        saved=saved,
        actions=[one for one in listing.actions if one.permission is None or policy.may(user, one.permission)],
        bulk=[one for one in listing.bulk if not one.permission or policy.may(user, one.permission)],
        can_export=bool(listing.export) and policy.may(user, listing.export),
        import_url=_import_url(user, listing),
        problem=problem,
    )


def _import_url(user: Any, listing: Listing[M]) -> str:
    found = registers().get(listing.register)
    return reverse(f"{found.room}:import_{found.kind}") if found and policy.may(user, found.permission) else ""


def _heading(column: Column[M], asked: Asked) -> Heading:
    if not column.sort:
        return Heading(column, "", "")
    direction = {column.key: "ascending", f"-{column.key}": "descending"}.get(asked.sort, "")
    turned = f"-{column.key}" if direction == "ascending" else column.key
    return Heading(column, asked.but(sort=turned).query, direction)


def _states(listing: Listing[M], asked: Asked, counts: Mapping[str, int]) -> list[StateTab]:
    if listing.states is None:
        return []
    everything = StateTab(gettext("全部"), sum(counts.values()), asked.but(state="").query, not asked.state)
    return [everything] + [
        StateTab(title, counts.get(value, 0), asked.but(state=value).query, asked.state == value)
        for value, title in listing.states.options
    ]


def _row(row: M, listing: Listing[M], columns: Sequence[Column[M]]) -> Row:
    return Row(row.pk, listing.link(row), [(column, written(column.value(row))) for column in columns])


def written(value: object) -> SafeString:
    """A value as it stands in a cell or a fact."""
    match value:
        case None | "":
            return format_html('<span class="none">{}</span>', "—")
        case datetime():
            local = localtime(value)
            return format_html('<time datetime="{}">{}</time>', local.isoformat(), local.strftime("%Y-%m-%d %H:%M"))
        case date():
            return format_html('<time datetime="{}">{}</time>', value.isoformat(), value.isoformat())
        case bool():
            return conditional_escape(gettext("是") if value else gettext("否"))
        case int():
            return conditional_escape(f"{value:,}")
        case _:
            return value if isinstance(value, SafeString) else conditional_escape(str(value))
