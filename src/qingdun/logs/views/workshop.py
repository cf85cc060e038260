"""映射工坊: pasted lines become a format of the site. One form, looked at again and again until it is right."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import yaml
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from qingdun.access import policy
from qingdun.access.models import Account
from qingdun.logs import format_actions, labels
from qingdun.logs.core import workshop as core
from qingdun.logs.core.columns import EVENT
from qingdun.logs.core.schema import TARGETS
from qingdun.logs.core.workshop import BODIES, Choices, CutKey, Draft
from qingdun.logs.forms import DEVICE_CHOICES
from qingdun.logs.views.asked import written

MOST_TEXT = 64 * 1024
MOST_KEYS = 300
MOST_WORDS = 30
#: Layouts whose name is a word.
WORDED = {"逗号": gettext_lazy("逗号"), "竖线": gettext_lazy("竖线"), "制表符": gettext_lazy("制表符")}
#: Raw words of a device beside what they may mean to us.
MEANINGS = {
    "event.action": ("qingdun.action", [(key, words) for key, (words, _tone) in labels.ACTIONS.items()]),
    "log.level": ("event.severity", [(str(key), words) for key, (words, _tone) in labels.SEVERITIES.items()]),
}


@dataclass(frozen=True, slots=True)
class Tie:
    """One key with the column it is tied to: chosen, or as suggested."""

    key: CutKey
    column: str
    place: int


@dataclass(frozen=True, slots=True)
class Word:
    """One raw word, what it is taken for, and what it could mean."""

    column: str
    raw: str
    meaning: str
    options: list[tuple[str, Any]]
    place: int


@require_http_methods(["GET", "POST"])
def workshop(request: HttpRequest) -> HttpResponse:
    policy.require(request.user, "logs.manage_formats", format_actions.PLATFORM)
    pasted = request.POST.get("lines", "")[:MOST_TEXT]
    if not pasted.strip():
        return render(request, "logs/workshop.html", {"pasted": ""})
    choices = _choices(request)
    draft = core.draft(pasted, choices, timezone.now(), str(timezone.get_default_timezone()))
    faults = list(draft.faults) if request.POST.get("act") else []
    if request.POST.get("act") == "save" and not draft.faults:
        try:
            made = _saved(request, choices.key, draft)
        except ValidationError as error:
            faults = error.messages
        else:
            return redirect("logs:format", key=made)
    return render(request, "logs/workshop.html", _shown(pasted, choices, draft, faults))


def _saved(request: HttpRequest, key: str, draft: Draft) -> str:
    document = yaml.safe_load(draft.text)
    return format_actions.save_format(key, document, by=cast(Account, request.user)).key


def _choices(request: HttpRequest) -> Choices:
    """What the form says. A key tied to nothing is left to what the platform knows of its name."""
    given = request.POST
    same_body = given.get("body", "") == given.get("was", "")
    ties: dict[str, list[str]] = {}
    for key, column, suggested in _numbered(given, "key", "tie", "suggested") if same_body else ():
        if column and column != suggested:
            ties.setdefault(column, []).append(key)
    values: dict[str, dict[str, str]] = {}
    for target, raw, meaning in _numbered(given, "column", "raw", "meaning"):
        if meaning:
            values.setdefault(target, {})[raw] = meaning
    return Choices(
        key=given.get("key", "").strip(),
        name=given.get("name", "").strip()[:60],
        vendor=given.get("vendor", "").strip()[:60],
        device=given.get("device", "app"),
        body=given.get("body", ""),
        literals=tuple(line.strip() for line in given.get("literals", "").splitlines() if line.strip()),
        ties=ties,
        values=values,
    )


def _numbered(given: Any, *names: str) -> Iterable[tuple[str, ...]]:
    """`key-0`, `tie-0`, … as rows."""
    for place in range(MOST_KEYS):
        if f"{names[0]}-{place}" not in given:
            return
        yield tuple(given.get(f"{name}-{place}", "") for name in names)


def _shown(pasted: str, choices: Choices, draft: Draft, faults: list[str]) -> dict[str, Any]:
    chosen = {key: column for column, keys in choices.ties.items() for key in keys}
    ties = [Tie(key, chosen.get(key.name, key.suggested), place) for place, key in enumerate(draft.keys[:MOST_KEYS])]
    columns = [name for name in EVENT if any(name in row for row in draft.preview)]
    return {
        "pasted": pasted,
        "choices": choices,
        "literals": "\n".join(choices.literals),
        "draft": draft,
        "faults": faults,
        "bodies": [(key, WORDED.get(key, key), key == draft.body) for key in BODIES],
        "ties": ties,
        "targets": [(name, labels.FIELDS[name]) for name in EVENT if name in TARGETS],
        "words": _words(draft, choices),
        "headings": [(name, labels.FIELDS[name]) for name in columns],
        "rows": [[_cell(name, row[name]) if name in row else "" for name in columns] for row in draft.preview],
        "devices": DEVICE_CHOICES,
    }


def _cell(name: str, value: object) -> str:
    return written(value) if isinstance(value, datetime) else labels.words(name, value)


def _words(draft: Draft, choices: Choices) -> list[Word]:
    """The device's own words for what it did and how grave it was, each with what we take it for."""
    found: dict[tuple[str, str], str] = {}
    for row in draft.preview:
        for column, (target, _options) in MEANINGS.items():
            if raw := row.get(column):
                found[target, str(raw)] = str(row.get(target) or "")
    options = dict(MEANINGS.values())
    return [
        Word(target, raw, choices.values.get(target, {}).get(raw, taken), options[target], place)
        for place, ((target, raw), taken) in enumerate(list(found.items())[:MOST_WORDS])
    ]
