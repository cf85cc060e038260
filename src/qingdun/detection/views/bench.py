"""规则试验: lines pasted, or events of the lake, against one rule or all; nothing is stored."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from qingdun.access import policy
from qingdun.detection import book as books
from qingdun.detection import trying
from qingdun.detection.core.rules import Correlation, Document, Filter, Rule
from qingdun.detection.rulebook import whole
from qingdun.detection.trying import Result, Tried
from qingdun.logs import labels
from qingdun.logs.core.columns import ENRICHED
from qingdun.logs.known import known
from qingdun.logs.search import Key, SearchFailed
from qingdun.logs.search.visible import search_for
from qingdun.web.listed import written

VIEW = "detection.view"
MOST_EVENTS = 20  # picked from the lake
HIDDEN = frozenset({"event.original", "qingdun.extra", "qingdun.batch", "qingdun.row"})


@require_http_methods(["GET", "POST"])
def bench(request: HttpRequest) -> HttpResponse:
    """The form, and below it what came out of it."""
    policy.require(request.user, VIEW)
    given = request.POST if request.method == "POST" else request.GET
    rule = given.get("rule", "").strip()[:100]
    asked = {
        "lines": given.get("lines", "")[: trying.MOST_BYTES * 2] or _picked(request),
        "format": given.get("format", "")[:60],
        "which": given.get("which", "book" if rule else "all"),
        "rule": rule,
        "text": given.get("text", "")[: trying.MOST_BYTES],
    }
    context: dict[str, Any] = {"asked": asked, "formats": sorted(known().values(), key=lambda one: one.name)}
    if asked["lines"].strip():
        try:
            context["result"], context["chosen"] = result(asked)
        except (trying.TooMuch, ValidationError) as error:
            context["problem"] = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
        else:
            context["rows"] = [(one, _fields(one)) for one in context["result"].events]
    return render(request, "detection/bench.html", context)


def result(asked: dict[str, str]) -> tuple[Result, Rule | Correlation | None]:
    """Raises `TooMuch`, ValidationError."""
    if asked["format"] and asked["format"] not in known():
        raise ValidationError(_("没有格式 %s") % asked["format"])
    events = trying.enriched(trying.read(asked["lines"], known(), timezone.now(), asked["format"]))
    documents: list[Document] = list(books.documents().documents)
    match asked["which"]:
        case "pasted":
            fresh, refused = trying.pasted(asked["text"])
            if refused:
                return Result(trying.tried(events, [], None).events, refused), None
            chosen = next((one for one in fresh if not isinstance(one, Filter)), None)
            return trying.tried(events, [*fresh, *_referred(fresh, documents)], chosen), chosen
        case "book":
            chosen = _of_book(asked["rule"], documents)
            if chosen is None:
                raise ValidationError(_("规则库里没有规则 %s") % asked["rule"])
            return trying.tried(events, [chosen, *_referred([chosen], documents)], chosen), chosen
    return trying.tried(events, documents, None, whole()), None


def _of_book(rule: str, documents: list[Document]) -> Rule | Correlation | None:
    """By id, name or title."""
    wanted = rule.lower()
    for one in documents:
        if not isinstance(one, Filter) and wanted in (one.id.lower(), one.name.lower(), one.title.lower()) and wanted:
            return one
    return None


def _referred(some: list[Document], documents: list[Document]) -> list[Document]:
    """The rules that correlations among some documents refer to, and those these refer to."""
    found: list[Document] = []
    wanted = {name.lower() for one in some if isinstance(one, Correlation) for name in one.rules}
    while wanted:
        below = [
            one
            for one in documents
            if one not in found and one not in some and wanted & {one.id.lower(), one.name.lower()}
        ]
        found += below
        wanted = {name.lower() for one in below if isinstance(one, Correlation) for name in one.rules}
    return found


def _picked(request: HttpRequest) -> str:
    """The lines of events of the lake that the reader may search."""
    keys = [key for text in request.GET.getlist("event")[:MOST_EVENTS] if (key := Key.parse(text))]
    if not keys:
        return ""
    door = search_for(request.user)
    try:
        events = [door.event(key) for key in keys]
    except SearchFailed:
        return ""
    return "\n".join(str(event["event.original"]) for event in events if event and event["event.original"])


def _fields(one: Tried) -> list[tuple[object, str, object, bool]]:
    """(label, field, value, added on the way) in the order of the columns."""
    return [
        (labels.FIELDS[name], name, written(value), name in ENRICHED)
        for name, value in one.fields.items()
        if name not in HIDDEN
    ]


def of_event(request: HttpRequest, event: Any) -> str:
    """On the page of an event: take it to the bench."""
    return render_to_string("detection/parts/to_bench.html", {"key": str(Key.of(event))}, request=request)
