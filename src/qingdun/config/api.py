"""The machine interface: one OpenAPI 3 document, each room's `api.py` adds its router."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import URLPattern

from qingdun.lib.rooms import modules
from qingdun.web.machine.interface import Machine

api = Machine(
    title="清盾 Qingdun",
    version="1",
    description="页面上能做的，程序也能做：同样的权限，同样的范围，同样的审计。",
    urls_namespace="api",
)

for module in modules("api"):
    room = module.__name__.split(".")[1]
    if room != "config":
        api.add_router(f"/{room}", module.router, tags=[room])


@api.get("/openapi.json", url_name="openapi-json", include_in_schema=False)
def document(request: HttpRequest) -> dict[str, Any]:
    """The OpenAPI document itself."""
    found: dict[str, Any] = api.get_openapi_schema()
    return found


def routes() -> tuple[list[Any], str, str]:
    """The routes for the URL resolver. Who may pass is asked by the operations, which also know tokens."""
    patterns, app, namespace = api.urls
    for pattern in patterns:
        if isinstance(pattern, URLPattern) and pattern.name != "api-root":
            view: Any = pattern.callback
            view.login_required = False  # as `login_not_required` does
    return patterns, app, namespace
