"""Reading what a program sent without guessing: JSON only, each name once, nothing the records cannot hold."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from ninja.errors import HttpError
from ninja.parser import Parser

DEEPEST = 32  # levels of nesting


class Strict(Parser):
    def parse_body(self, request: HttpRequest) -> Any:
        if request.content_type != "application/json":
            raise HttpError(415, _("请求体须为 JSON（Content-Type: application/json）。"))
        try:
            found = json.loads(request.body.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_number)
        except UnicodeDecodeError:
            raise HttpError(400, _("请求体不是 UTF-8 编码。")) from None
        except json.JSONDecodeError as error:
            where = {"line": error.lineno, "column": error.colno}
            raise HttpError(400, _("请求体不是 JSON：第 %(line)d 行第 %(column)d 列读不下去。") % where) from None
        except (RecursionError, ValueError):
            raise HttpError(400, _("请求体的 JSON 无法使用：嵌套太深，或数字太长。")) from None
        _check(found, DEEPEST)
        return found

    def parse_querydict(self, data: MultiValueDict, list_fields: list[str], request: HttpRequest) -> dict[str, Any]:  # type: ignore[type-arg]
        for name in data:
            if name not in list_fields and len(data.getlist(name)) > 1:
                raise HttpError(400, _("参数 %s 出现了不止一次。") % name)
        found: dict[str, Any] = super().parse_querydict(data, list_fields, request)
        return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _value in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise HttpError(400, _("JSON 里的字段 %s 出现了不止一次。") % twice)
    return found


def _no_number(name: str) -> NoReturn:
    raise HttpError(400, _("JSON 里没有 %s 这样的数。") % name)


def _check(value: Any, deeper: int) -> None:
    if deeper < 0:
        raise HttpError(400, _("请求体的 JSON 无法使用：嵌套太深，或数字太长。"))
    match value:
        case str():
            if not storable(value):
                raise HttpError(400, _("文字里有无法保存的字符（NUL 或不成对的代理码位）。"))
        case dict():
            for name, one in value.items():
                _check(name, deeper)
                _check(one, deeper - 1)
        case list():
            for one in value:
                _check(one, deeper - 1)


def storable(text: str) -> bool:
    """Neither NUL, which PostgreSQL refuses, nor half of a surrogate pair, which is no text at all."""
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)
