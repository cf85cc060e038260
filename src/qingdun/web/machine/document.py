"""What the OpenAPI document says of every operation alike: how it refuses, and its idempotency key."""

from __future__ import annotations

from typing import Any

from qingdun.web.machine.once import HEADER, LONGEST_KEY, WRITES
from qingdun.web.machine.problems import MEDIA
from qingdun.web.machine.shapes import Problem

METHODS = ("get", "post", "put", "patch", "delete")
KEY = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "写操作的幂等键：同一账号、同一键、同一内容再送来，24 小时内只做一次，答复相同。",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY, "pattern": "^[!-~]([ -~]*[!-~])?$"},
}
REFUSED = {
    "description": "拒绝，按 RFC 9457 说明原因",
    "content": {MEDIA: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


def completed(document: dict[str, Any]) -> dict[str, Any]:
    """The same document with what the door adds to each operation."""
    parts = document.setdefault("components", {})
    parts.setdefault("schemas", {})["Problem"] = _plain(Problem.model_json_schema())
    parts.setdefault("parameters", {})["IdempotencyKey"] = KEY
    parts.setdefault("responses", {})["Refused"] = REFUSED
    for item in document["paths"].values():
        for method in METHODS:
            if operation := item.get(method):
                _complete(operation, method)
    return document


def _complete(operation: dict[str, Any], method: str) -> None:
    operation["responses"] = {str(code): said for code, said in operation["responses"].items()}
    operation["responses"]["default"] = {"$ref": "#/components/responses/Refused"}
    if method.upper() in WRITES:
        operation.setdefault("parameters", []).append({"$ref": "#/components/parameters/IdempotencyKey"})


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """(METHOD, path, operation) of all, in the document's order."""
    return [
        (method.upper(), path, item[method])
        for path, item in document["paths"].items()
        for method in METHODS
        if method in item
    ]


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in schema.items() if name != "$defs"}
