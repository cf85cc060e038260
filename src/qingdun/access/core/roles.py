"""Roles are files in `access/roles/`: what each may do and which roles it never meets in one person.

"Nobody can do everything" is checked when the files are read, the city's own included, not only in our tests:
power over power (accounts, grants, the audit chain) is for the three officers alone, an officer's role stands alone in
a person and touches no business data, and no role holds two of: making accounts, granting roles, reading the audit.
The offices are three and built in: a city may add roles, but no fourth office.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from qingdun.lib.registry import Unbuildable

#: Rooms whose permissions are power over power, and the rooms an officer may act in at all.
POWER = ("access.", "audit.")
#: What of it a unit's head has as well: to see the own people's accounts, and a word on their requests, which decides
#: nothing alone.
OF_HEADS = frozenset({"access.endorse", "access.view"})
PLATFORM = (*POWER, "notify.", "web.")

#: Of these three a role holds one at most: that is what makes three officers three. Permission → the officer's duty.
DUTIES: Mapping[str, str] = {"access.create": "system", "access.grant": "security", "audit.view": "audit"}
SEPARATED = frozenset(DUTIES)

OFFICES = ("system_admin", "security_admin", "audit_admin")
LEVELS = ("province", "city", "county", "township")
MONTHS = 12  # a grant's longest term where the role's file names none
LONGEST = 36

SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "english", "purpose", "english_purpose", "may"],
    "properties": {
        "name": {"type": "string", "minLength": 1},
        "english": {"type": "string", "minLength": 1},
        "purpose": {"type": "string", "minLength": 1},
        "english_purpose": {"type": "string", "minLength": 1},
        "officer": {"type": "boolean"},
        "second_factor": {"enum": ["required"]},
        "may": {"type": "array", "items": {"type": "string"}, "minItems": 1, "uniqueItems": True},
        "excludes": {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
        "levels": {"type": "array", "items": {"enum": list(LEVELS)}, "minItems": 1, "uniqueItems": True},
        "months": {"type": "integer", "minimum": 1, "maximum": LONGEST},
    },
}


@dataclass(frozen=True, slots=True)
class Role:
    """角色: a named set of permissions. An `officer` excludes every other role; `excludes` works both ways.

    It is granted over units of these `levels` only, and for `months` at the longest.
    """

    key: str
    name: str
    english: str
    purpose: str
    english_purpose: str
    may: frozenset[str]
    excludes: frozenset[str]
    officer: bool
    levels: frozenset[str] = frozenset(LEVELS)
    months: int = MONTHS
    second_factor: bool = False  # must whoever holds it prove a second factor? Officers always

    def title(self, language: str | None) -> str:
        """The role's name for a reader of this language."""
        return self.english if (language or "").startswith("en") else self.name

    def described(self, language: str | None) -> str:
        """What the role is for, for a reader of this language."""
        return self.english_purpose if (language or "").startswith("en") else self.purpose

    @property
    def duty(self) -> str:
        """Which of the three officers this is: `system`, `security` or `audit`; empty for everybody else."""
        return next((duty for permission, duty in DUTIES.items() if permission in self.may), "")

    def meets(self, other: Role) -> bool:
        """May one natural person hold both? Asked in either order the answer is the same."""
        if self.key == other.key:
            return True
        barred = self.officer or other.officer or other.key in self.excludes or self.key in other.excludes
        return not barred


class Builder:
    """Builds one role from its file; knows which permissions exist."""

    def __init__(self, permissions: Iterable[str]) -> None:
        self.permissions = frozenset(permissions)

    def __call__(self, key: str, document: dict[str, Any]) -> Role:
        role = Role(
            key,
            document["name"],
            document["english"],
            document["purpose"],
            document["english_purpose"],
            frozenset(document["may"]),
            frozenset(document.get("excludes", [])),
            document.get("officer", False),
            frozenset(document.get("levels", LEVELS)),
            document.get("months", MONTHS),
            document.get("officer", False) or "second_factor" in document,
        )
        if unknown := sorted(role.may - self.permissions):
            raise Unbuildable(f"没有这样的权限：{'、'.join(unknown)}", "may")
        _refuse_too_much(role)
        return role


def _refuse_too_much(role: Role) -> None:
    if len(both := sorted(role.may & SEPARATED)) > 1:
        raise Unbuildable(f"一个角色不得兼有 {'、'.join(both)}", "may")
    if role.officer and (business := sorted(key for key in role.may if not key.startswith(PLATFORM))):
        raise Unbuildable(f"三员不得接触业务：{'、'.join(business)}", "may")
    if not role.officer and (power := sorted(key for key in role.may if key.startswith(POWER) and key not in OF_HEADS)):
        raise Unbuildable(f"只有三员（officer: true）可以有：{'、'.join(power)}", "may")
    if role.officer is not (role.key in OFFICES):
        raise Unbuildable(f"三员就是 {'、'.join(OFFICES)}：它们必须写 officer: true，别的角色不得写", "officer")


def exclusions_exist(found: Mapping[str, Role]) -> Iterator[tuple[str, Unbuildable]]:
    """A misspelt exclusion would quietly separate nobody."""
    for role in found.values():
        if unknown := sorted(role.excludes - set(found)):
            yield role.key, Unbuildable(f"没有这样的角色：{'、'.join(unknown)}", "excludes")
