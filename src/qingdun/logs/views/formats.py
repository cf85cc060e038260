"""日志格式: what can be read, how much of what came was read by it, and each format with its samples."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from qingdun.access import policy
from qingdun.access.models import Account
from qingdun.lib.indicator import percent
from qingdun.lib.registry import BrokenContent
from qingdun.logs import format_actions, labels
from qingdun.logs.core.columns import EVENT
from qingdun.logs.core.formats import LogFormat
from qingdun.logs.forms import DEVICE_WORDS
from qingdun.logs.known import known, of_site
from qingdun.logs.models import HourTally, Source

VIEW, MANAGE = "logs.view_sources", "logs.manage_formats"
DAYS = 7


@dataclass(frozen=True, slots=True)
class Row:
    """One format and what it read lately."""

    format: LogFormat
    device: object
    lines: int
    share: str
    ours: bool


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    policy.require(request.user, VIEW)
    read, total = _read_lately(request.user)
    problem, found = _known()
    rows = [
        Row(
            one,
            DEVICE_WORDS.get(one.device, one.device),
            read.get(key, 0),
            _share(read.get(key, 0), total),
            not of_site(key),
        )
        for key, one in found.items()
    ]
    unread, generic = read.get("", 0), read.get("generic", 0)
    context = {
        "rows": sorted(rows, key=lambda row: (-row.lines, row.format.name)),
        "problem": problem,
        "days": DAYS,
        "total": total,
        "kpis": [
            (_("由格式读出"), total - unread - generic, _share(total - unread - generic, total)),
            (_("通用识别读出"), generic, _share(generic, total)),
            (_("未识别"), unread, _share(unread, total)),
        ],
        "may_manage": format_actions.may_manage(request.user),
    }
    return render(request, "logs/formats.html", context)


def _read_lately(user: Any) -> tuple[dict[str, int], int]:
    """Lines of the last days by format, the empty key for unread ones; and all of them."""
    since = timezone.now() - timedelta(days=DAYS)
    found = HourTally.objects.visible_to(user).between(since, timezone.now() + timedelta(hours=1)).by("format")
    read = {one["format"]: one["lines"] for one in found}
    return read, sum(read.values())


def _share(part: int, whole: int) -> str:
    return percent(part, whole) if whole else "—"


def _known() -> tuple[str, dict[str, LogFormat]]:
    try:
        return "", dict(known())
    except BrokenContent as error:
        return str(error), {}


@require_safe
def detail(request: HttpRequest, key: str) -> HttpResponse:
    policy.require(request.user, VIEW)
    _problem, found = _known()
    if key not in found:
        raise Http404
    one = found[key]
    read, total = _read_lately(request.user)
    yields = {name for _raw, expect in one.samples for name in expect} | set(one.fields) | set(one.constants)
    context = {
        "format": one,
        "device": DEVICE_WORDS.get(one.device, one.device),
        "ours": not of_site(key),
        "yields": [(name, labels.FIELDS[name]) for name in EVENT if name in yields],
        "samples": [
            (raw, [(labels.FIELDS[name], name, value) for name, value in expect.items()]) for raw, expect in one.samples
        ],
        "recognised": [*one.all, *one.any, *one.app, *([one.regex] if one.regex else [])],
        "lines": read.get(key, 0),
        "share": _share(read.get(key, 0), total),
        "days": DAYS,
        "sources": Source.objects.visible_to(request.user).filter(format=key),
        "may_remove": of_site(key) and format_actions.may_manage(request.user),
    }
    return render(request, "logs/format.html", context)


@require_POST
def remove(request: HttpRequest, key: str) -> HttpResponse:
    try:
        format_actions.remove_format(key, by=cast(Account, request.user), reason=request.POST.get("reason", ""))
    except ValidationError as error:
        messages.error(request, error.messages[0])
        return redirect("logs:format", key=key)
    messages.success(request, _("格式 %s 已删除。此前读出的日志不变。") % key)
    return redirect("logs:formats")
