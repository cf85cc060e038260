"""审批流程: the files `<room>/flows/*.yaml`, one kind of approval each: who decides, in which order, in how many days.

Rules have dates: a file holds versions, the day on which an approval is asked for chooses one, and the approval keeps
that version to its end, whatever happens to the file meanwhile. Pure.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from qingdun.lib.registry import Unbuildable


class At(StrEnum):
    """Where a decider must hold the step's permission, measured from the unit that owns what is asked for."""

    UNIT = "unit"  # over that unit: by a grant there or anywhere above
    LEVEL = "level"  # the same, by a grant given at a unit of that unit's own level (省市县区对等)
    NEAREST = "nearest"  # by a grant at the nearest unit up the tree where somebody can decide
    PLATFORM = "platform"  # at the root of the tree
    OFFICERS = "officers"  # two different of the three officers, neither of the kind that is asked for


class Granter(StrEnum):
    """Who may extend a step's term, once."""

    DECIDER = "decider"  # whoever may decide the step
    ABOVE = "above"  # a holder of the step's permission by a grant higher in the tree than the decider's place


_TEXT = {"type": "string", "minLength": 1}
_DESK = {
    "may": _TEXT,
    "at": {"enum": [at.value for at in At]},
}
_STEP: Mapping[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "english", "may", "at", "days"],
    "properties": {
        "name": _TEXT,
        "english": _TEXT,
        **_DESK,
        "days": {"type": "integer", "minimum": 0, "maximum": 250},
        "deciders": {"type": "integer", "minimum": 1, "maximum": 9},
        "otherwise": {"type": "object", "additionalProperties": False, "required": ["may", "at"], "properties": _DESK},
        "extend": {
            "type": "object",
            "additionalProperties": False,
            "required": ["days", "by"],
            "properties": {
                "days": {"type": "integer", "minimum": 1, "maximum": 250},
                "by": {"enum": [by.value for by in Granter]},
            },
        },
    },
}
_REASON: Mapping[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["key", "name", "english"],
    "properties": {"key": {"type": "string", "pattern": "^[a-z0-9_]{1,20}$"}, "name": _TEXT, "english": _TEXT},
}
_VERSION: Mapping[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["valid_from", "basis", "patience", "reasons", "steps"],
    "properties": {
        "valid_from": {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"},
        "basis": _TEXT,
        "patience": {"type": "integer", "minimum": 1, "maximum": 250},
        "reasons": {"type": "array", "items": _REASON, "minItems": 1},
        "steps": {"type": "array", "items": _STEP, "minItems": 1, "maxItems": 9},
    },
}
SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "english", "versions"],
    "properties": {
        "name": _TEXT,
        "english": _TEXT,
        "ask": _TEXT,
        "versions": {"type": "array", "items": _VERSION, "minItems": 1},
    },
}


@dataclass(frozen=True, slots=True)
class Desk:
    """Who may decide: a permission, and where it must be held."""

    may: str
    at: At


@dataclass(frozen=True, slots=True)
class Extension:
    """延期: once, by so many working days, by whom."""

    days: int
    by: Granter


@dataclass(frozen=True, slots=True)
class Step:
    """环节: one desk of the way. `otherwise` is asked when nobody at all could decide at `desk`."""

    name: str
    english: str
    desk: Desk
    otherwise: Desk | None
    deciders: int
    days: int
    extend: Extension | None

    def title(self, language: str | None) -> str:
        return self.english if (language or "").startswith("en") else self.name

    @property
    def permissions(self) -> tuple[str, ...]:
        return (self.desk.may, self.otherwise.may) if self.otherwise else (self.desk.may,)


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason for which a request of this kind is refused, by its code."""

    key: str
    name: str
    english: str

    def title(self, language: str | None) -> str:
        return self.english if (language or "").startswith("en") else self.name


@dataclass(frozen=True, slots=True)
class Rule:
    """One version of a flow, as an approval keeps it. `patience`: working days the requester has to supplement."""

    name: str
    english: str
    valid_from: date
    basis: str
    patience: int
    reasons: tuple[Reason, ...]
    steps: tuple[Step, ...]
    document: Mapping[str, Any]

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Rule:
        """From `document`, which the schema has passed: a version with the flow's names in it."""
        return cls(
            document["name"],
            document["english"],
            _day(document["valid_from"]),
            document["basis"],
            document["patience"],
            tuple(Reason(**one) for one in document["reasons"]),
            tuple(_step(one) for one in document["steps"]),
            document,
        )

    @property
    def digest(self) -> str:
        """SHA-256 of the version's canonical JSON: two approvals with one digest ran under one rule."""
        text = json.dumps(self.document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def title(self, language: str | None) -> str:
        return self.english if (language or "").startswith("en") else self.name

    def reason(self, key: str) -> Reason | None:
        return next((one for one in self.reasons if one.key == key), None)


@dataclass(frozen=True, slots=True)
class Flow:
    """One kind of approval: its versions, oldest first. `ask`: the permission needed to ask, empty when anybody may."""

    key: str
    name: str
    english: str
    ask: str
    versions: tuple[Rule, ...]

    def on(self, day: date) -> Rule:
        """The version in force on this day; before the first one, the first."""
        started = [rule for rule in self.versions if rule.valid_from <= day]
        return started[-1] if started else self.versions[0]

    def title(self, language: str | None) -> str:
        return self.english if (language or "").startswith("en") else self.name


class Builder:
    """Builds one flow from its file; knows which permissions exist."""

    def __init__(self, permissions: Iterable[str]) -> None:
        self.permissions = frozenset(permissions)

    def __call__(self, key: str, document: dict[str, Any]) -> Flow:
        names = {"name": document["name"], "english": document["english"]}
        rules = tuple(Rule.read({**version, **names}) for version in document["versions"])
        days = [rule.valid_from for rule in rules]
        if days != sorted(set(days)):
            raise Unbuildable("版本须按 valid_from 从早到晚排列，且不得同日", "versions")
        flow = Flow(key, document["name"], document["english"], document.get("ask", ""), rules)
        for number, rule in enumerate(rules):
            self._check(f"versions.{number}", rule)
        if flow.ask:
            self._known(flow.ask, "ask")
        return flow

    def _check(self, where: str, rule: Rule) -> None:
        keys = [reason.key for reason in rule.reasons]
        if len(keys) != len(set(keys)):
            raise Unbuildable("理由代码有重复", f"{where}.reasons")
        for number, step in enumerate(rule.steps):
            here = f"{where}.steps.{number}"
            for permission in step.permissions:
                self._known(permission, here)
            if step.otherwise == step.desk:
                raise Unbuildable("替代环节与原环节相同，等于没有", f"{here}.otherwise")
            if step.extend and step.extend.by is Granter.ABOVE and step.desk.at in (At.PLATFORM, At.OFFICERS):
                raise Unbuildable("平台一级之上没有上级可以准予延期", f"{here}.extend.by")
            if step.desk.at is At.OFFICERS and step.deciders > 2:
                raise Unbuildable("除所涉一员外只有两员可以会签", f"{here}.deciders")

    def _known(self, permission: str, where: str) -> None:
        if permission not in self.permissions:
            raise Unbuildable(f"没有这样的权限：{permission}", where)


def _step(document: Mapping[str, Any]) -> Step:
    other, extend = document.get("otherwise"), document.get("extend")
    return Step(
        document["name"],
        document["english"],
        Desk(document["may"], At(document["at"])),
        Desk(other["may"], At(other["at"])) if other else None,
        document.get("deciders", 1),
        document["days"],
        Extension(extend["days"], Granter(extend["by"])) if extend else None,
    )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Unbuildable(f"{text} 不是日期", "versions.valid_from") from None
