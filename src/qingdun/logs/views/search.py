"""日志检索: results, their distribution over time, the values of a field, one event, export, saved searches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from qingdun import audit
from qingdun.access import policy
from qingdun.access.models import Account
from qingdun.inventory.models import Host
from qingdun.logs import format_actions, labels
from qingdun.logs.core.query import Clause, Op
from qingdun.logs.core.query.render import clause_text
from qingdun.logs.core.query.span import PRESETS
from qingdun.logs.core.query.values import FIELDS, LINE
from qingdun.logs.known import name_of
from qingdun.logs.models import SavedSearch, Source
from qingdun.logs.search import Event, Key, SearchFailed
from qingdun.logs.search.files import csv_lines, ndjson
from qingdun.logs.search.visible import EXPORT, SEARCH, Search, search_for
from qingdun.logs.views import bars
from qingdun.logs.views.asked import Asked, clause_of, written
from qingdun.logs.views.rows import COLUMNS, extras, facts, names_of, row
from qingdun.web.requests import htmx

PAGE = 50
MOST_ROWS = 200_000  # of one export
#: Fields whose values stand beside the results; the first two are counted at once.
BESIDE = (
    *("source.ip", "qingdun.action", "event.severity", "qingdun.source", "qingdun.format", "destination.ip"),
    *("destination.port", "rule.name", "rule.category", "url.domain", "url.path", "http.response.status_code"),
    *("user.name", "host.name", "event.outcome", "user_agent.original"),
)
AT_ONCE = 2
T = TypeVar("T")


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    policy.require(request.user, SEARCH)
    asked, door = Asked.read(request.GET, timezone.now()), search_for(request.user)
    problem, page = _answered(asked, lambda: door.page(asked.query, PAGE, asked.key, COLUMNS))
    names = names_of(page.events) if page else {}
    context: dict[str, Any] = {
        "asked": asked,
        "problem": problem,
        "page": page,
        "rows": [row(event, asked, names) for event in page.events] if page else [],
        "older": asked.url(after=str(page.next), live="") if page and page.next else "",
        "live": asked.is_live,
        "can_live": not asked.end and not asked.after and not problem,
    }
    if htmx(request).target == "results":
        return render(request, "logs/parts/results.html", context)
    return render(request, "logs/search.html", context | _around(request, asked, door, problem))


def _around(request: HttpRequest, asked: Asked, door: Search, problem: str) -> dict[str, Any]:
    """What stands around the results: the form's choices, chips, saved searches, the fields beside."""
    field = asked.field if asked.field in FIELDS else ""
    return {
        "chips": [(_chip(clause, door), asked.without(clause)) for clause in asked.query.clauses],
        "presets": [
            (_preset(last), asked.url(**{"last": last, "from": "", "to": ""}), last == asked.last) for last in PRESETS
        ],
        "fields": [(name, labels.FIELDS[name]) for name in FIELDS],
        "beside": []
        if problem
        else [(name, labels.FIELDS[name], place < AT_ONCE) for place, name in enumerate(BESIDE)],
        "counted": _answered(asked, lambda: _values(asked, door, field))[1] if field else None,
        "over_time": _answered(asked, lambda: _over_time(asked, door))[1] if request.GET.get("chart") == "1" else None,
        "saved": SavedSearch.objects.filter(account=_me(request)),
        "can_export": policy.may(request.user, EXPORT),
        "most_rows": MOST_ROWS,
        "now": {"from": written(asked.query.start) if asked.query.start else ""},
    }


@require_safe
def over_time(request: HttpRequest) -> HttpResponse:
    """The histogram and the number of matches; asked for after the results stand."""
    asked, door = Asked.read(request.GET, timezone.now()), search_for(request.user)
    problem, shown = _answered(asked, lambda: _over_time(asked, door))
    return render(request, "logs/parts/over_time.html", {"over_time": shown, "problem": problem, "asked": asked})


def _over_time(asked: Asked, door: Search) -> dict[str, Any]:
    found = door.histogram(asked.query)
    return {"count": found.count, "coverage": found.coverage, "chart": bars.chart(found, asked)}


@require_safe
def values(request: HttpRequest, field: str) -> HttpResponse:
    """The most frequent values of one field among the matches."""
    asked, door = Asked.read(request.GET, timezone.now()), search_for(request.user)
    if field not in FIELDS:
        raise Http404
    problem, shown = _answered(asked, lambda: _values(asked, door, field))
    return render(request, "logs/parts/values.html", {"counted": shown, "problem": problem})


def _values(asked: Asked, door: Search, field: str) -> dict[str, Any]:
    stats = door.stats(asked.query, field)
    names: dict[Any, str] = {}
    if field == "qingdun.source":
        ids = [value for value, _number in stats.values]
        names = dict(Source.objects.filter(pk__in=ids).values_list("pk", "name"))
    rows = [
        (names.get(value) or labels.words(field, value), number, asked.only(field, value), asked.except_(field, value))
        for value, number in stats.values
    ]
    missing = asked.with_clause(Clause(field, Op.EXISTS, (), negated=True))
    return {"stats": stats, "label": labels.FIELDS[field], "rows": rows, "without": missing}


@require_safe
def event(request: HttpRequest, key: str) -> HttpResponse:
    """One event with everything known of it."""
    door, asked = search_for(request.user), Asked.read(request.GET, timezone.now())
    place = Key.parse(key)
    try:
        found = door.event(place) if place else None
    except SearchFailed as error:
        messages.error(request, error.said(_))
        return redirect(reverse("logs:search") + asked.url())
    if found is None:
        raise Http404
    at = found["@timestamp"]
    near = Asked("", "", written(at - timedelta(minutes=5)), written(at + timedelta(minutes=5)))
    names = names_of([found])
    format_key = found["qingdun.format"]
    context = {
        "event": found,
        "title": found["rule.name"] or found["message"] or found["event.original"],
        "at": at,
        "marks": [labels.action(found["qingdun.action"]), labels.severity(found["event.severity"])],
        "unread": found["error.message"],
        "original": found["event.original"],
        "source": names.get(found["qingdun.source"], ""),
        "format": name_of(format_key),
        "format_url": reverse("logs:format", args=[format_key]) if name_of(format_key) else "",
        "format_words": _("通用识别") if format_key else _("未识别"),
        "ingested": found["event.ingested"],
        "identity": f"{found['qingdun.batch']} · {found['qingdun.row']}",
        "facts": facts(found, asked, names),
        "extras": extras(found),
        "hosts": _hosts(request, found),
        "back": reverse("logs:search") + asked.url(),
        "near": reverse("logs:search") + near.only("qingdun.source", found["qingdun.source"]),
        "can_make_format": format_actions.may_manage(request.user),
    }
    return render(request, "logs/event.html", context)


def _hosts(request: HttpRequest, found: Event) -> list[tuple[object, Host]]:
    """The registered hosts behind the event's addresses, as far as the reader may see them."""
    visible = Host.objects.visible_to(request.user).select_related("unit")
    sides = [(name, found[name]) for name in ("source.ip", "destination.ip", "observer.ip") if found[name]]
    return [(labels.FIELDS[name], host) for name, address in sides for host in visible.at(address)[:3]]


@require_safe
def add(request: HttpRequest) -> HttpResponse:
    """The small form that adds one condition, for those who do not write queries."""
    policy.require(request.user, SEARCH)
    asked = Asked.read(request.GET, timezone.now())
    field, value = request.GET.get("name", "").strip(), request.GET.get("value", "").strip()
    op, negated = request.GET.get("op", "is"), request.GET.get("op") == "not"
    if asked.problem or field not in FIELDS or (op != "exists" and not value):
        messages.error(request, _("条件没有加上：请选一个字段并填写值。"))
        return redirect(reverse("logs:search") + asked.url())
    text = f"{asked.text} {_written(field, op, value, negated=negated)}".strip()
    return redirect(reverse("logs:search") + asked.url(q=text))


def _written(field: str, op: str, value: str, *, negated: bool) -> str:
    match op:
        case "contains" if field == LINE:
            return clause_text(clause_of(LINE, value))
        case "contains":
            return clause_text(Clause(field, Op.CONTAINS, (value,)))
        case "exists":
            return clause_text(Clause(field, Op.EXISTS))
        case _:
            return ("-" if negated else "") + clause_text(Clause(field, Op.IS, (value,)))


@require_POST
def export(request: HttpRequest) -> HttpResponseBase:
    """The matches as a file, newest first, at most `MOST_ROWS`. The audit chain says what was taken and how much."""
    door = search_for(request.user, export=True)
    asked = Asked.read(request.GET, timezone.now())
    problem, count = _answered(asked, lambda: door.count(asked.query, budget=10))
    if count is None:
        messages.error(request, problem)
        return redirect(reverse("logs:search") + asked.url())
    kind = "csv" if request.POST.get("format") == "csv" else "ndjson"
    with transaction.atomic(), translation.override(settings.LANGUAGE_CODE):
        taken = str(count) if count.value <= MOST_ROWS else f"{MOST_ROWS:,} / {count}"
        audit.record(request.user, EXPORT, f"{kind} {asked.url()}", _("导出 %s 条日志") % taken)
    portions = door.export(asked.query, MOST_ROWS)
    lines: Iterator[str] = csv_lines(portions) if kind == "csv" else map(ndjson, portions)
    name = f"logs-{timezone.localtime():%Y%m%d-%H%M}.{kind}"
    start = iter(["\ufeff"] if kind == "csv" else [])
    return StreamingHttpResponse(
        (piece for part in (start, lines) for piece in part),
        content_type="text/csv; charset=utf-8" if kind == "csv" else "application/x-ndjson",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Keep or drop a search under a name. Personal, so neither permitted nor audited beyond searching itself."""
    policy.require(request.user, SEARCH)
    me = _me(request)
    asked, name = Asked.read(request.GET, timezone.now()), request.POST.get("name", "").strip()[:60]
    if request.POST.get("act") == "drop":
        SavedSearch.objects.filter(account=me, name=name).delete()
    elif name:
        SavedSearch.objects.update_or_create(account=me, name=name, defaults={"query": asked.url(live="")})
        messages.success(request, _("已存为常用检索“%s”。") % name)
    return redirect(reverse("logs:search") + asked.url())


def _me(request: HttpRequest) -> Account:
    assert isinstance(request.user, Account)  # the middleware lets nobody else in
    return request.user


def _answered(asked: Asked, ask: Callable[[], T]) -> tuple[str, T | None]:
    """A problem in words, or the answer."""
    if asked.problem:
        return asked.problem, None
    try:
        return "", ask()
    except SearchFailed as error:
        return error.said(_), None


def _chip(clause: Clause, door: Search) -> str:
    """A condition in words. A source is named only to those who see it."""
    text = clause_text(clause)
    if clause.field == LINE:
        return text
    name, sign = str(labels.FIELDS[clause.field]), _("不是") + " " if clause.negated else ""
    rest = text.removeprefix("-").removeprefix(clause.field)
    value = clause.values[0] if clause.values else ""
    visible = door.reach.sources is None or value in door.reach.sources
    if clause.op is Op.IS and clause.field == "qingdun.source" and visible:
        value = Source.objects.filter(pk=int(str(value))).values_list("name", flat=True).first() or value
    return f"{name}：{sign}{labels.words(clause.field, value) if clause.op is Op.IS else rest.lstrip(':')}"


def _preset(last: str) -> str:
    words = {
        "15m": _("15 分钟"),
        "1h": _("1 小时"),
        "24h": _("24 小时"),
        "7d": _("7 天"),
        "30d": _("30 天"),
        "all": _("全部"),
    }
    return words[last]
