"""A list as a file: a workbook or CSV (UTF-8 with BOM), no formulas, and the audit chain says who took it."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils import timezone, translation

from qingdun import audit
from qingdun.access import policy
from qingdun.web.asked import Asked
from qingdun.web.core import workbook
from qingdun.web.core.cells import cell
from qingdun.web.imports.register import registers
from qingdun.web.listing import Listing, M

CHUNK = 2000
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True, slots=True)
class _Out:
    """One column as it leaves."""

    title: str
    value: Callable[[Any], object]


class _Line:
    """A file for `csv.writer` that hands back what is written."""

    def write(self, text: str) -> str:
        return text


def export(request: HttpRequest, listing: Listing[M], asked: Asked) -> HttpResponseBase:
    """Every row of the filter that lies inside the reader's scope for exporting, streamed as `form`: csv or xlsx."""
    policy.require(request.user, listing.export)
    form = "xlsx" if request.POST.get("form") == "xlsx" else "csv"
    try:
        rows = within(listing, asked, request.user)
    except ValueError as error:
        messages.error(request, str(error))
        return redirect(request.path + asked.query)
    with transaction.atomic(), translation.override(settings.LANGUAGE_CODE):
        what = f"{listing.title} {asked.query if asked.narrows else ''} {rows.count()}".replace("  ", " ")
        audit.record(request.user, listing.export, what)
    language = translation.get_language() or settings.LANGUAGE_CODE
    taken = timezone.localtime().strftime("%Y%m%d-%H%M")
    written = _workbook if form == "xlsx" else _lines
    return StreamingHttpResponse(
        written(listing, rows, f"{request.user} {taken}", language),
        content_type=TYPES[form],
        headers={"Content-Disposition": f'attachment; filename="{listing.key.replace(".", "-")}-{taken}.{form}"'},
    )


def within(listing: Listing[M], asked: Asked, user: Any) -> QuerySet[M]:
    """The rows of the filter that `user` may take out. Raises ValueError as `Asked.narrow` does."""
    scope = policy.scope(user, listing.export)
    rows = asked.narrow(listing.rows(user), listing)
    if listing.unit_path:
        rows = rows.filter(scope.q(listing.unit_path))
    elif not scope.everywhere:
        rows = rows.none()
    if listing.states and asked.state:
        rows = rows.filter(**{listing.states.field: asked.state})
    return rows.order_by(*asked.order(listing)).select_related(*listing.related)


def columns(listing: Listing[M]) -> list[_Out]:
    """The list's columns; of a list that can be imported first the register's, so that the file can come back."""
    own = [_Out(str(column.title), column.plain) for column in listing.columns]
    if listing.register not in registers():
        return own
    taken = [_Out(str(column.title), column.out) for column in registers()[listing.register].columns]
    return taken + [one for one in own if one.title not in {other.title for other in taken}]


def _chunks(listing: Listing[M], rows: QuerySet[M]) -> Iterator[list[list[object]]]:
    values = [column.value for column in columns(listing)]
    found = rows.iterator(chunk_size=CHUNK)
    while chunk := list(islice(found, CHUNK)):
        yield [[_local(value(row)) for value in values] for row in chunk]


def _lines(listing: Listing[M], rows: QuerySet[M], taken_by: str, language: str) -> Iterator[str]:
    writer = csv.writer(_Line())
    with translation.override(language):  # the stream outlives the request, which knew the reader's language
        yield "\ufeff" + writer.writerow([column.title for column in columns(listing)])
        for chunk in _chunks(listing, rows):
            yield "".join([writer.writerow([cell(value) for value in row]) for row in chunk])
        yield writer.writerow([translation.gettext("导出：%s") % taken_by])


def _workbook(listing: Listing[M], rows: QuerySet[M], taken_by: str, language: str) -> Iterator[bytes]:
    with translation.override(language):
        told = translation.gettext("导出：%s") % taken_by
        headings = [workbook.Heading(column.title) for column in columns(listing)]
        about: Sequence[Sequence[str]] = [[str(listing.title)], [told]]
        made = workbook.frame(str(listing.title), headings, about=told, more=[(translation.gettext("说明"), about)])
        yield from workbook.stream(made, _chunks(listing, rows))


def _local(value: object) -> object:
    """A moment in the bureau's own time; everything else as it is."""
    return timezone.localtime(value) if isinstance(value, datetime) and timezone.is_aware(value) else value
