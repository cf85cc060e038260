"""How a room declares a list: columns, filters, states, actions. `lists.respond` shows it (ui.md §6.4)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, Literal, TypeVar

from django.db.models import Model, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise
M = TypeVar("M", bound=Model)
Kind = Literal["text", "number", "code", "time", "date"]
Options = Iterable[tuple[str, Any]]


@dataclass(frozen=True, slots=True)
class Column(Generic[M]):
    """One column. `value` may give markup (`marks.badge`); then `export` gives the plain value.

    `sort`: the ORM fields to order by, empty when the column cannot be sorted. `shown` False: only if chosen.
    """

    key: str
    title: Text
    value: Callable[[M], object]
    kind: Kind = "text"
    sort: Sequence[str] = ()
    shown: bool = True
    export: Callable[[M], object] | None = None

    def plain(self, row: M) -> object:
        return (self.export or self.value)(row)


@dataclass(frozen=True, slots=True)
class Filter:
    """One control of the filter bar. `narrow(value)` raises ValueError, with words for the reader, on nonsense.

    A hidden one has no control: links bring it (a figure to its rows), and its chip takes it away.
    """

    key: str
    title: Text
    kind: Literal["choice", "flag", "text", "date", "hidden"]
    narrow: Callable[[str], Q]
    options: Callable[[Any], Options] | None = None


def choice(key: str, title: Text, options: Options | Callable[[Any], Options], field: str = "") -> Filter:
    """A value of `field` (default: the key) picked from options. Where they depend on the reader it is text."""
    if callable(options):
        return Filter(key, title, "choice", lambda value: Q(**{field or key: value}), options)
    offered = tuple(options)

    def narrowed(value: str) -> Q:
        if value not in {str(one) for one, _title in offered}:
            raise ValueError(_("没有“%s”这个选项。") % value)
        return Q(**{field or key: value})

    return Filter(key, title, "choice", narrowed, lambda _user: offered)


def flag(key: str, title: Text, narrow: Q | Callable[[], Q]) -> Filter:
    """A check box: only the rows for which `narrow` holds."""
    return Filter(key, title, "flag", lambda _value: narrow() if callable(narrow) else narrow)


def text(key: str, title: Text, narrow: Callable[[str], Q] | str) -> Filter:
    """A word the reader types; `narrow` is a lookup such as `address__startswith`, or a function."""
    return Filter(key, title, "text", lambda value: Q(**{narrow: value}) if isinstance(narrow, str) else narrow(value))


def day(key: str, title: Text, narrow: Callable[[date], Q] | str, *, hidden: bool = False) -> Filter:
    """A date; `narrow` is a lookup such as `due__lte`, or a function. Hidden: see `Filter`."""

    def narrowed(value: str) -> Q:
        try:
            given = date.fromisoformat(value)
        except ValueError:
            raise ValueError(_("“%s”不是日期，请写成 2026-01-31 这样。") % value) from None
        return Q(**{narrow: given}) if isinstance(narrow, str) else narrow(given)

    return Filter(key, title, "hidden" if hidden else "date", narrowed)


@dataclass(frozen=True, slots=True)
class States:
    """The tabs above a list: one column of few values, each with its count."""

    field: str
    options: Sequence[tuple[str, Text]]


@dataclass(frozen=True, slots=True)
class Action:
    """A button of the page head, a link. Shown to readers who hold `permission`."""

    title: Text
    url_name: str
    icon: str = "plus"
    permission: str | None = None
    primary: bool = False


@dataclass(frozen=True, slots=True)
class Bulk:
    """What can be done to selected rows: POSTs their keys as `selected` to `url_name`.

    `confirm` says what will happen, with `%s` for the number of rows, and is asked before the POST; it is empty where
    `url_name` shows the rows once more and asks itself, as `permission` is where the list is everybody's own.
    """

    title: Text
    url_name: str
    permission: str
    confirm: Text
    icon: str = "check"


@dataclass(frozen=True, slots=True)
class Listing(Generic[M]):
    """A list page. `rows(user)` is the room's `visible_to`; everything else narrows, orders or shows it.

    `permission` is empty for a list that is everybody's own; then `rows` alone decides what is in it.
    `search`: the fields a typed word is looked for in. `order`: the ORM order before anybody sorts; it is made
    complete with the primary key. `link(row)` is where a row leads. `empty` says what will stand here and where it
    comes from. `related`: relations the columns read, for `select_related`. `export`: the permission to take the list
    out as a file; `unit_path` leads from a row to the path of its unit, so that only rows inside the scope of that
    permission leave. It is empty for the platform's own things. `template`: one that extends `web/list.html`.
    `register`: the key of the register that tables are imported into (`web.imports`).
    """

    key: str
    title: Text
    purpose: Text
    permission: str
    rows: Callable[[Any], QuerySet[M]]
    columns: Sequence[Column[M]]
    link: Callable[[M], str]
    empty: Text
    order: Sequence[str] = ("-pk",)
    search: Sequence[str] = ()
    search_hint: Text = ""
    filters: Sequence[Filter] = ()
    states: States | None = None
    related: Sequence[str] = ()
    actions: Sequence[Action] = ()
    bulk: Sequence[Bulk] = ()
    export: str = ""
    register: str = ""
    unit_path: str = "unit__path"
    icon: str = "inbox"
    template: str = "web/list.html"

    def column(self, key: str) -> Column[M] | None:
        return next((column for column in self.columns if column.key == key), None)
