"""What the address of a search page asks for, and the addresses that lead on from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext

from qingdun.logs.core.query import Clause, Op, Query, QueryError, parse, render
from qingdun.logs.core.query.span import DEFAULT, Span, SpanError
from qingdun.logs.core.query.values import LINE, NUMBERS, Value
from qingdun.logs.search import Key

WRITTEN = "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True, slots=True)
class Asked:
    """`problem` says in words why the query or the time cannot be read; then nothing is looked for."""

    text: str
    last: str
    start: str
    end: str
    after: str = ""
    field: str = ""
    live: bool = False
    query: Query = Query()
    problem: str = ""

    @classmethod
    def read(cls, given: Mapping[str, str], now: datetime) -> Asked:
        start, end = given.get("from", "").strip(), given.get("to", "").strip()
        last = "" if start or end else given.get("last", DEFAULT) or DEFAULT
        asked = cls(
            text=given.get("q", "").strip(),
            last=last,
            start=start,
            end=end,
            after=given.get("after", ""),
            field=given.get("field", ""),
            live=given.get("live") == "1",
        )
        try:
            query, span = parse(asked.text), asked._span(now)
        except (QueryError, SpanError) as error:
            return replace(asked, problem=error.said(gettext))
        return replace(asked, query=query.within(span.start, span.end))

    def _span(self, now: datetime) -> Span:
        if self.last:
            return Span.back(self.last, now)
        return Span.between(self.start, self.end, ZoneInfo(str(timezone.get_default_timezone())))

    @property
    def key(self) -> Key | None:
        return Key.parse(self.after)

    @property
    def is_live(self) -> bool:
        """Only the newest page of an open range can keep itself up to date."""
        return self.live and not self.after and not self.end

    def url(self, **changes: str) -> str:
        """The query string of this search with some parameters changed; a new question begins on its first page."""
        now = {"q": self.text, "last": self.last, "from": self.start, "to": self.end, "live": "1" if self.live else ""}
        given = {**now, **changes}
        return "?" + urlencode({name: value for name, value in given.items() if value})

    @property
    def bare(self) -> str:
        """The same time without any condition."""
        return self.url(q="")

    @property
    def ever(self) -> str:
        """The same conditions at any time."""
        return self.url(**{"last": "all", "from": "", "to": ""})

    @property
    def lively(self) -> str:
        return self.url(live="1")

    @property
    def still(self) -> str:
        return self.url(live="")

    def with_clause(self, clause: Clause) -> str:
        return self.url(q=render(self.query.and_also(clause)))

    def without(self, clause: Clause) -> str:
        return self.url(q=render(self.query.without(clause)))

    def between(self, start: datetime, end: datetime) -> str:
        return self.url(**{"last": "", "live": "", "from": written(start), "to": written(end)})

    def only(self, field: str, value: Value) -> str:
        return self.with_clause(clause_of(field, value))

    def except_(self, field: str, value: Value) -> str:
        return self.with_clause(clause_of(field, value, negated=True))


def clause_of(field: str, value: Value, *, negated: bool = False) -> Clause:
    if field == LINE:
        return Clause(LINE, Op.CONTAINS, (value,), negated)
    return Clause(field, Op.IS, (value if field in NUMBERS else str(value),), negated)


def written(moment: datetime) -> str:
    return timezone.localtime(moment).strftime(WRITTEN)
