"""Every page of the product, found by following its own links as each role of the sample city."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, resolve

from qingdun.access.models import Account
from qingdun.web import menu
from tests.visitors import admit

MOST = 3  # addresses of one view that are opened: not every thing shows every link
ELSEWHERE = {
    "audit:export": "the list's export button leads to it",
    "access:again": "asked for when a proof is old",
    "powers:account_enable": "a disabled account leads to it; the sample city has none",
}
SIZES = {"wide": (1440, 900), "narrow": (390, 844)}
NOT_PAGES = ("/static/", "/api/v1/", "/logout/")
SAMPLES: dict[str, Any] = {
    "int": 1,
    "str": "x",
    "slug": "x",
    "uuid": "00000000-0000-0000-0000-000000000000",
    "path": "x",
}


@pytest.fixture
def city(transactional_db: None) -> None:
    from qingdun.config import sample

    sample.load("small")


def pages(client: Client, start: list[str]) -> dict[str, str]:
    """View name → an address that answers with a page, following links from `start`."""
    found: dict[str, str] = {}
    asked: set[str] = set()
    times: Counter[str] = Counter()
    queue = list(start)
    while queue:
        path = queue.pop(0)
        name = _view(path)
        if not name or path in asked or times[name] >= MOST or path.startswith(NOT_PAGES):
            continue
        asked.add(path)
        times[name] += 1
        response = client.get(path)
        if _is_page(response):
            found.setdefault(name, path)
            links = re.findall(r'<a [^>]*?href="(/[^"#]*)', response.content.decode())
            queue += [unescape(link) for link in links]
    return found


def _is_page(response: Any) -> bool:
    """A whole page: not a file, not a part that htmx fetches."""
    return response.status_code == 200 and b"<html" in getattr(response, "content", b"")[:200]


def _view(path: str) -> str:
    try:
        return resolve(urlsplit(path).path).view_name
    except LookupError:  # Resolver404
        return ""


def patterns(resolver: URLResolver, spaces: tuple[str, ...] = ()) -> Iterator[tuple[str, URLPattern]]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from patterns(entry, (*spaces, entry.namespace) if entry.namespace else spaces)
        elif entry.name and "api" not in spaces:
            yield ":".join((*spaces, entry.name)), entry


@pytest.fixture
def everything(city: None) -> dict[str, tuple[Account | None, str]]:
    """View name → who can open it and where."""
    reached: dict[str, tuple[Account | None, str]] = {"login": (None, "/login/")}
    for account in Account.objects.all():
        client = Client()
        admit(client, account)
        own = pages(client, ["/", *(tab.url for tab in menu.tabs())])
        reached = {name: (account, path) for name, path in own.items()} | reached
    return reached


def _unreached(everything: dict[str, Any]) -> list[str]:
    """The views that answer somebody with a page and that no link led to."""
    from django.urls import reverse

    unreached = []
    clients = [Client() for _ in Account.objects.all()]
    for client, account in zip(clients, Account.objects.all(), strict=True):
        admit(client, account)
    for name, pattern in patterns(get_resolver()):
        if name in everything or name in ELSEWHERE or name == "access:login":
            continue
        needed = {key: SAMPLES[_kind(converter)] for key, converter in pattern.pattern.converters.items()}
        answers = [client.get(reverse(name, kwargs=needed)) for client in clients]
        if any(map(_is_page, answers)):
            unreached.append(name)
    return sorted(unreached)


def _kind(converter: Any) -> str:
    return str(type(converter).__name__).removesuffix("Converter").lower().replace("string", "str")


def test_every_page_is_reached_by_links_and_sound(
    everything: dict[str, tuple[Account | None, str]],
    open_page: Callable[..., Any],
    faults: Callable[[Any], list[str]],
    too_wide: Callable[[Any], list[str]],
) -> None:
    """No console error, no request off this host, nothing wider than the screen, WCAG 2.2 A and AA.

    A page is read wide in Chinese and narrow in English, which is the longer. Finding the pages takes long, so it is
    done once for everything.
    """
    assert _unreached(everything) == []
    by_reader: dict[Any, list[str]] = {}
    for account, path in everything.values():
        by_reader.setdefault(account, []).append(path)
    wrong: list[str] = []
    for size, language in (("wide", "zh-hans"), ("narrow", "en")):
        for account, paths in by_reader.items():
            page = open_page(account, paths[0], size=SIZES[size], language=language)
            for path in paths:
                page.goto(path)
                page.wait_for_function("!document.querySelector('[data-chart]:not([data-drawn=done])')")
                assert page.get_attribute("html", "lang") == language
                wrong += too_wide(page) + faults(page)
            page.close()
    assert wrong == []
