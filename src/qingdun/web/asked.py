"""What the address of a list page asks for. It holds the whole filter, so a link to a list is a link to its rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self
from urllib.parse import urlencode

from django.db.models import Q, QuerySet

from qingdun.web.listing import Filter, Listing, M

LONGEST = 200  # characters of one value


@dataclass(frozen=True, slots=True)
class Asked:
    """`values`: the filters in use. `size` 0: what the reader is used to."""

    words: str = ""
    values: tuple[tuple[Filter, str], ...] = ()
    state: str = ""
    sort: str = ""
    page: int = 1
    size: int = 0

    @classmethod
    def read(cls, query: Mapping[str, str], listing: Listing[M]) -> Asked:
        def given(key: str) -> str:
            return query.get(key, "").replace("\0", "").strip()[:LONGEST]

        sort = given("sort")
        column = listing.column(sort.removeprefix("-"))
        states = {value for value, _title in listing.states.options} if listing.states else set()
        return cls(
            words=given("q") if listing.search else "",
            values=tuple((one, value) for one in listing.filters if (value := given(one.key))),
            state=given("state") if given("state") in states else "",
            sort=sort if column and column.sort else "",
            page=_number(given("page"), 1),
            size=_number(given("size"), 0),
        )

    @property
    def narrows(self) -> bool:
        return bool(self.words or self.values or self.state)

    def but(self, **changes: Any) -> Self:
        """The same question with some parts changed; it starts again at the first page."""
        return replace(self, **{"page": 1, **changes})

    def without(self, key: str) -> Self:
        return self.but(values=tuple((one, value) for one, value in self.values if one.key != key))

    @property
    def query(self) -> str:
        """The question as a query string, without what was not asked; `?` stands for nothing at all."""
        parts = {"q": self.words, **{one.key: value for one, value in self.values}, "state": self.state}
        parts |= {"sort": self.sort, "page": str(self.page) if self.page > 1 else "", "size": str(self.size or "")}
        return "?" + urlencode({key: value for key, value in parts.items() if value})

    def narrow(self, rows: QuerySet[M], listing: Listing[M]) -> QuerySet[M]:
        """Only what was asked for, whatever its state. Raises ValueError with words for the reader."""
        for word in self.words.split()[:8]:
            anywhere = Q()
            for field in listing.search:
                anywhere |= Q(**{f"{field}__icontains": word})
            rows = rows.filter(anywhere)
        for one, value in self.values:
            rows = rows.filter(one.narrow(value))
        return rows

    def order(self, listing: Listing[M]) -> list[str]:
        """A complete order: rows that are equal keep their places from page to page."""
        column = listing.column(self.sort.removeprefix("-")) if self.sort else None
        fields = list(column.sort) if column else list(listing.order)
        if self.sort.startswith("-"):
            fields = [field[1:] if field.startswith("-") else f"-{field}" for field in fields]
        return fields if any(field.lstrip("-") in ("pk", "id") for field in fields) else [*fields, "pk"]


def _number(text: str, otherwise: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else otherwise
