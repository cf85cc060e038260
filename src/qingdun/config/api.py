"""The machine interface: one OpenAPI 3 document, each room's `api.py` adds its router."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.security import SessionAuth

from qingdun.lib.rooms import modules

api = NinjaAPI(title="清盾 Qingdun", version="1", auth=SessionAuth(), docs_url=None, urls_namespace="api")

for module in modules("api"):
    room = module.__name__.split(".")[1]
    if room != "config":
        api.add_router(f"/{room}", module.router, tags=[room])


@api.exception_handler(PermissionDenied)
def forbidden(request: HttpRequest, error: PermissionDenied) -> HttpResponse:
    return api.create_response(request, {"detail": str(error) or "没有权限"}, status=403)
