"""What one reader is used to in one list: chosen columns, rows per page, saved filters. Personal, so neither audited
nor permitted: nobody else sees or changes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from qingdun.access.models import Account
from qingdun.web.asked import Asked
from qingdun.web.core.paging import SIZES
from qingdun.web.listing import Column, Listing, M
from qingdun.web.models import ListPreference, SavedFilter


def of(user: Any, listing: Listing[M]) -> ListPreference:
    found = ListPreference.objects.filter(account=user, listing=listing.key).first()
    return found or ListPreference(account=user, listing=listing.key)


def columns(listing: Listing[M], habit: ListPreference) -> Sequence[Column[M]]:
    """The chosen columns in the order of the list; the first always stands, because it carries the row's link."""
    chosen = [column for column in listing.columns if column.key in habit.columns]
    shown = chosen or [column for column in listing.columns if column.shown]
    return shown if listing.columns[0] in shown else [listing.columns[0], *shown]


def saved(user: Any, listing: Listing[M]) -> list[SavedFilter]:
    return list(SavedFilter.objects.filter(account=user, listing=listing.key))


def _reader(request: HttpRequest) -> Account:
    return cast(Account, request.user)  # every list asks for a permission first, which nobody unknown holds


def change(request: HttpRequest, listing: Listing[M], asked: Asked) -> None:
    match request.POST.get("act"):
        case "columns":
            _choose(request, listing)
        case "save":
            _save(request, listing, asked)
        case "drop":
            SavedFilter.objects.filter(
                account=_reader(request), listing=listing.key, name=request.POST.get("name", "")
            ).delete()
        case _:
            messages.error(request, _("页面提交了不认识的操作，请刷新后重试。"))


def _choose(request: HttpRequest, listing: Listing[M]) -> None:
    known = [column.key for column in listing.columns if column.key in request.POST.getlist("column")]
    wanted = request.POST.get("size", "")
    size = int(wanted) if wanted in map(str, SIZES) else SIZES[0]
    ListPreference.objects.update_or_create(
        account=_reader(request), listing=listing.key, defaults={"columns": known, "size": size}
    )


def _save(request: HttpRequest, listing: Listing[M], asked: Asked) -> None:
    name = request.POST.get("name", "").strip()[:40]
    if not name or not asked.narrows:
        messages.error(request, _("请先选好筛选条件，再给它起一个名字。"))
        return
    query = asked.but(size=0).query
    SavedFilter.objects.update_or_create(
        account=_reader(request), listing=listing.key, name=name, defaults={"query": query}
    )
    messages.success(request, _("已保存筛选“%s”。") % name)
