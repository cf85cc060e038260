"""封禁接口: the files `operations/enforcers/*.yaml`, one way to reach a blocking device each. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from qingdun.lib.registry import Unbuildable

MECHANISMS = ("nftables", "sangfor_af", "rest", "feed", "csv_file", "work_order")
ENVIRONMENT = re.compile(r"[A-Z][A-Z0-9_]{0,79}")

_TEXT = {"type": "string", "minLength": 1}
_WORDS = {"name": _TEXT, "english": _TEXT, "note": _TEXT, "english_note": _TEXT}
_KEY = {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,30}$"}
_FIELD = {
    "type": "object",
    "additionalProperties": False,
    "required": ["key", "name", "english"],
    "properties": {
        **_WORDS,
        "key": _KEY,
        "default": {"type": "string"},
        "pattern": _TEXT,
        "required": {"type": "boolean"},
        "options": {"type": "array", "items": {"type": "string"}, "minItems": 1},
    },
}
_SECRET = {
    "type": "object",
    "additionalProperties": False,
    "required": ["key", "name", "english"],
    "properties": {**_WORDS, "key": _KEY},
}
_CALL = {
    "type": "object",
    "additionalProperties": False,
    "required": ["method", "path"],
    "properties": {
        "method": {"enum": ["GET", "POST", "PUT", "PATCH", "DELETE"]},
        "path": {"type": "string", "pattern": "^/"},
        "body": {"type": "object"},
        "expect": {"type": "array", "items": {"type": "integer"}, "minItems": 1},
        "success": {"type": "object", "minProperties": 1},
        "gone": {"type": "array", "items": {"type": "integer"}},
        "items": {"type": "string"},
        "address": {"type": "string"},
    },
}
SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "english", "mechanism", "capacity", "source", "status"],
    "properties": {
        **_WORDS,
        "mechanism": {"enum": list(MECHANISMS)},
        "capacity": {"type": "integer", "minimum": 1},
        "check_minutes": {"type": "integer", "minimum": 1, "maximum": 1440},
        "source": _TEXT,
        "status": {"enum": ["confirmed", "unconfirmed"]},
        "fields": {"type": "array", "items": _FIELD},
        "secrets": {"type": "array", "items": _SECRET},
        "headers": {"type": "object", "additionalProperties": {"type": "string"}},
        "calls": {
            "type": "object",
            "additionalProperties": False,
            "required": ["add", "remove", "list"],
            "properties": {"add": _CALL, "remove": _CALL, "list": _CALL},
        },
        "samples": {"type": "array", "items": {"type": "object"}, "minItems": 1},
    },
}


@dataclass(frozen=True, slots=True)
class Field:
    """参数: one thing a device of this kind must be told, as text."""

    key: str
    name: str
    english: str
    note: str = ""
    english_note: str = ""
    default: str = ""
    pattern: str = ""
    required: bool = False
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Secret:
    """口令: what stands in an environment variable; the device's settings hold the variable's name."""

    key: str
    name: str
    english: str
    note: str = ""
    english_note: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """One interface: how it is called, which mechanism speaks it, what it must be told, what it can hold."""

    key: str
    name: str
    english: str
    note: str
    english_note: str
    mechanism: str
    capacity: int
    check_minutes: int
    source: str
    status: str
    fields: tuple[Field, ...]
    secrets: tuple[Secret, ...]
    document: Mapping[str, Any]

    def told(self, settings: Mapping[str, Any]) -> dict[str, str]:
        """The value of every field, the default where the settings say nothing."""
        return {one.key: str(settings.get(one.key) or one.default) for one in self.fields}

    def check(self, settings: Mapping[str, Any]) -> list[tuple[str, str]]:
        """What is wrong with a device's settings: (key, words), in the order of the fields."""
        known = {one.key for one in self.fields} | {one.key for one in self.secrets}
        unknown = [(key, f"“{self.name}”没有参数 {key}") for key in settings if key not in known]
        return [*self._wrong(self.told(settings)), *self._secret(settings), *unknown]

    def _wrong(self, told: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        for one in self.fields:
            value = told[one.key]
            if not value:
                if one.required:
                    yield one.key, f"请填写{one.name}"
            elif one.options and value not in one.options:
                yield one.key, f"{one.name}只能是 {'、'.join(one.options)}"
            elif one.pattern and not re.fullmatch(one.pattern, value):
                yield one.key, f"{one.name}的值“{value}”不合要求" + (f"：{one.note}" if one.note else "")

    def _secret(self, settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        for one in self.secrets:
            name = str(settings.get(one.key, ""))
            if not name:
                yield one.key, f"请填写存放{one.name}的环境变量名"
            elif not ENVIRONMENT.fullmatch(name):
                yield one.key, f"{one.name}这里只写环境变量名（大写字母、数字、下划线），不写口令本身"


def build(key: str, document: Mapping[str, Any]) -> Kind:
    """Raises Unbuildable for what the schema cannot say."""
    fields = tuple(_field(one) for one in document.get("fields", ()))
    if (document["mechanism"] == "rest") != ("calls" in document):
        raise Unbuildable("rest 接口须写 calls，其他接口不写", "calls")
    for number, one in enumerate(fields):
        try:
            re.compile(one.pattern)
        except re.error as wrong:
            raise Unbuildable(f"不是正则表达式：{wrong}", f"fields.{number}.pattern") from None
    return Kind(
        key=key,
        name=document["name"],
        english=document["english"],
        note=document.get("note", ""),
        english_note=document.get("english_note", ""),
        mechanism=document["mechanism"],
        capacity=document["capacity"],
        check_minutes=document.get("check_minutes", 1440),
        source=document["source"],
        status=document["status"],
        fields=fields,
        secrets=tuple(Secret(**one) for one in document.get("secrets", ())),
        document=document,
    )


def _field(one: Mapping[str, Any]) -> Field:
    return Field(**{**one, "options": tuple(one.get("options", ()))})
