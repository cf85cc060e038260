"""Roles are files in `access/roles/`: what each may do and which roles it never meets in one person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from qingdun.lib.registry import Unbuildable, load

SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "english", "purpose", "may"],
    "properties": {
        "name": {"type": "string", "minLength": 1},
        "english": {"type": "string", "minLength": 1},
        "purpose": {"type": "string", "minLength": 1},
        "officer": {"type": "boolean"},
        "may": {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
        "excludes": {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
    },
}


@dataclass(frozen=True, slots=True)
class Role:
    """角色: a named set of permissions. `excludes` works both ways, per natural person."""

    key: str
    name: str
    english: str
    purpose: str
    may: frozenset[str]
    excludes: frozenset[str]
    officer: bool


def build(permissions: Mapping[str, str]) -> Any:
    """A builder for `registry.load` that knows which permissions exist."""

    def role(key: str, document: dict[str, Any]) -> Role:
        if unknown := sorted(set(document["may"]) - set(permissions)):
            raise Unbuildable(f"没有这样的权限：{'、'.join(unknown)}", "may")
        return Role(
            key,
            document["name"],
            document["english"],
            document["purpose"],
            frozenset(document["may"]),
            frozenset(document.get("excludes", [])),
            document.get("officer", False),
        )

    return role


@cache
def roles() -> Mapping[str, Role]:
    """All roles, ours and the city's. Raises `BrokenContent`."""
    from qingdun.access.permissions import all_permissions

    return load("qingdun.access.roles", build(all_permissions()), schema=SCHEMA)


def lawful(held: Iterable[Role]) -> bool:
    """May one natural person hold these roles together?"""
    held = list(held)
    keys = {role.key for role in held}
    return not any(role.excludes & (keys - {role.key}) for role in held)
