"""Every door of the platform, read from the URL resolver and the OpenAPI document, and the rows that name them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.matrix.rows import Row

HERE = Path(__file__).parent
PLAIN = {"rows", "scene", "doors", "__init__", "page"}


@dataclass(frozen=True, slots=True)
class Door:
    """One route, or one API operation: its address as written, and the methods it is known to take."""

    name: str
    address: str
    methods: frozenset[str]
    open: bool = False  # needs no account

    @property
    def parameters(self) -> bool:
        return "<" in self.address or "{" in self.address

    def url(self, made: dict[str, Any]) -> str:
        return self.address.format(**made) if ":" not in self.name else reverse(self.name, kwargs=made or None)


@cache
def doors() -> dict[str, Door]:
    """By route name or operation id. The interface's own routes are replaced by its operations."""
    found = {door.name: door for door in _routes(get_resolver().url_patterns)}
    return found | {door.name: door for door in _operations()}


def _routes(patterns: list[Any], prefix: str = "/", names: str = "") -> Iterator[Door]:
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern.url_patterns, path, f"{names}{pattern.namespace or ''}:".lstrip(":"))
        elif not names.startswith("api:") or pattern.name == "openapi-json":
            methods = frozenset(_limits(pattern) or {"GET"})
            open_ = not names.startswith("api:") and not getattr(pattern.callback, "login_required", True)
            yield Door(names + (pattern.name or path), path, methods, open_)


def _limits(pattern: URLPattern) -> set[str]:
    """The methods that `require_http_methods` and its like leave, read from the decorators around the view."""
    view: Any = pattern.callback
    while view is not None:
        named = getattr(view, "__code__", None)
        if named and "request_method_list" in named.co_freevars:
            cell = view.__closure__[named.co_freevars.index("request_method_list")]
            return set(cell.cell_contents) - {"HEAD", "OPTIONS"}
        view = getattr(view, "__wrapped__", None)
    return set()


def _operations() -> Iterator[Door]:
    from qingdun.config.api import api

    for path, item in api.get_openapi_schema()["paths"].items():
        for method, operation in item.items():
            if method in ("get", "post", "put", "patch", "delete"):
                yield Door(operation["operationId"], path, frozenset({method.upper()}))


@cache
def rows() -> tuple[Row, ...]:
    """Every room's rows, in the order of the rooms' names."""
    files = sorted(file for file in HERE.glob("*.py") if file.stem not in PLAIN and not file.stem.startswith("test_"))
    return tuple(row for file in files for row in import_module(f"tests.matrix.{file.stem}").ROWS)


def without_row() -> list[str]:
    """Doors, with their method, that no row names."""
    named = {(row.at, row.method) for row in rows()}
    return [
        f"{method} {door.name}"
        for door in doors().values()
        for method in sorted(door.methods)
        if (door.name, method) not in named
    ]


def to_nowhere() -> list[str]:
    """Rows that name no door."""
    return [row.name for row in rows() if row.at not in doors()]
