"""`/api/`: the machine interface for people, written from the OpenAPI document itself; no foreign script."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.apps import apps
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from qingdun.web.machine.document import operations
from qingdun.web.machine.interface import standing
from qingdun.web.machine.problems import KINDS, SPECIAL

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter, or one field of a body or an answer; `within` says how deep it stands."""

    name: str
    kind: str
    required: bool
    words: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    key: str
    method: str
    path: str
    summary: str
    words: str
    parameters: list[Field]
    body: list[Field]
    answer: list[Field]
    status: str


@require_safe
def reference(request: HttpRequest) -> HttpResponse:
    document = standing().get_openapi_schema()
    rooms = groupby((_read(document, *one) for one in operations(document)), key=lambda one: one.path.split("/")[3])
    context = {
        "rooms": [(_title(room), room, list(found)) for room, found in rooms],
        "problems": [(kind, status, title) for status, (kind, title) in KINDS.items()]
        + [(kind, "", title) for kind, title in SPECIAL.items()],
        "limits": settings,
        "base": f"{request.scheme}://{request.get_host()}",
    }
    return render(request, "web/api.html", context)


def _title(room: str) -> str:
    return room.capitalize() if _english() else str(apps.get_app_config(room).verbose_name)


def _english() -> bool:
    """The document itself is in Chinese; the names of operations are English words and serve those readers."""
    return (get_language() or "").startswith("en")


def _read(document: Schema, method: str, path: str, found: Schema) -> Operation:
    answers = {code: said for code, said in found["responses"].items() if code != "default"}
    status, answer = next(iter(answers.items()))
    media = answer.get("content", {}).get("application/json", {})
    sent: Schema = next(iter(found.get("requestBody", {}).get("content", {}).values()), {})
    return Operation(
        key=found["operationId"],
        method=method,
        path=path,
        summary=found["operationId"].replace("_", " ") if _english() else found.get("summary", ""),
        words=found.get("description", ""),
        parameters=[_parameter(document, one) for one in found.get("parameters", []) if "$ref" not in one],
        body=list(_fields(document, sent.get("schema", {}))),
        answer=list(_fields(document, media.get("schema", {}))),
        status=status,
    )


def _parameter(document: Schema, one: Schema) -> Field:
    schema = one.get("schema", {})
    return Field(
        one["name"], _kind(document, schema), one.get("required", False), one.get("description", ""), one["in"]
    )


def _fields(document: Schema, schema: Schema, prefix: str = "", depth: int = 0) -> Iterator[Field]:
    """The fields of an object, those of objects within it after a dot, of lists after `[]`."""
    schema = _resolved(document, schema)
    if schema.get("type") == "array":
        yield from _fields(document, schema.get("items", {}), f"{prefix}[]", depth)
        return
    must = schema.get("required", [])
    for name, one in schema.get("properties", {}).items():
        whole = f"{prefix}.{name}".lstrip(".")
        yield Field(whole, _kind(document, one), name in must, one.get("description", ""))
        if depth < 2:
            yield from _fields(document, one, whole, depth + 1)


def _resolved(document: Schema, schema: Schema) -> Schema:
    if "$ref" in schema:
        found: Schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return found
    return schema


def _kind(document: Schema, schema: Schema) -> str:
    """A type in one short word or a few."""
    schema = _resolved(document, schema)
    if choices := schema.get("enum"):
        return " | ".join(map(str, choices))
    if several := schema.get("anyOf"):
        return " | ".join(dict.fromkeys(_kind(document, one) for one in several))
    if schema.get("type") == "array":
        return f"[{_kind(document, schema.get('items', {}))}]"
    bounds = [f"{sign}{schema[name]}" for name, sign in (("minimum", "≥ "), ("maximum", "≤ ")) if name in schema]
    bounds += [f"≤ {schema['maxLength']} 字"] if "maxLength" in schema else []
    return " ".join([str(schema.get("format") or schema.get("type") or "any"), *bounds])
