"""A list as a file: CSV that WPS and Excel open (UTF-8 with BOM), no formulas, and the audit chain says who took it."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import datetime
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
from qingdun.web.core.cells import cell
from qingdun.web.listing import Listing, M

CHUNK = 2000


class _Line:
    """A file for `csv.writer` that hands back what is written."""

    def write(self, text: str) -> str:
        return text


def export(request: HttpRequest, listing: Listing[M], asked: Asked) -> HttpResponseBase:
    """Every row of the filter that lies inside the reader's scope for exporting, streamed."""
    policy.require(request.user, listing.export)
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
    name = f"{listing.key.replace('.', '-')}-{taken}.csv"
    return StreamingHttpResponse(
        _lines(listing, rows, f"{request.user} {taken}", language),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
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


def _lines(listing: Listing[M], rows: QuerySet[M], taken_by: str, language: str) -> Iterator[str]:
    writer = csv.writer(_Line())
    with translation.override(language):  # the stream outlives the request, which knew the reader's language
        yield "\ufeff" + writer.writerow([str(column.title) for column in listing.columns])
        for row in rows.iterator(chunk_size=CHUNK):
            yield writer.writerow([cell(_local(column.plain(row))) for column in listing.columns])
        yield writer.writerow([translation.gettext("导出：%s") % taken_by])


def _local(value: object) -> object:
    """A moment in the bureau's own time; everything else as it is."""
    return timezone.localtime(value) if isinstance(value, datetime) and timezone.is_aware(value) else value
