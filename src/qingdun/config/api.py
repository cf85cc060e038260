"""The machine interface: one OpenAPI 3 document, each room's `api.py` adds its router."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from ninja import NinjaAPI
from ninja.security import SessionAuth

api = NinjaAPI(title="清盾 Qingdun", version="1", auth=SessionAuth(), docs_url=None, urls_namespace="api")

for room in ("access", "inventory", "logs", "reporting"):
    if find_spec(f"qingdun.{room}.api"):
        api.add_router(f"/{room}", import_module(f"qingdun.{room}.api").router, tags=[room])
