"""Sigma documents as pySigma reads them → our plain values. Imported only when a file is not in the cache.

Three things of the specification that pySigma lacks are added here: the modifier `utf16le` and UTF-16 of other than
ASCII text, ranges of two bounds in a correlation's condition, and ids that are no UUID.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from typing import Any

import re2
import yaml
from sigma import conditions, correlations, types
from sigma.collection import SigmaCollection
from sigma.exceptions import SigmaError
from sigma.filters import SigmaFilter
from sigma.modifiers import (
    SigmaUTF16BEModifier,
    SigmaUTF16Modifier,
    SigmaValueModifier,
    SigmaWideModifier,
    modifier_mapping,
    reverse_modifier_mapping,
)
from sigma.policy import SigmaPolicy
from sigma.policy.regex_engine import RegexEngine
from sigma.rule import SigmaRule
from sigma.rule.base import SigmaYAMLLoader

from qingdun.detection.core import expressions
from qingdun.detection.core.rules import Correlation, Document, Expr, Filter, LogSource, Rule, Test


class Wrong(ValueError):
    """A document that cannot be used. `key` points into it."""

    def __init__(self, problem: str, key: str = "", rule_id: str = "") -> None:
        self.key, self.rule_id = key, rule_id
        super().__init__(problem)


# --- what pySigma lacks ---------------------------------------------------------------------------------------------


class _Encoded(types.SigmaString):  # type: ignore[misc]
    """A string that stands for bytes; each byte is one character, as a log shows bytes that are no text."""

    def __bytes__(self) -> bytes:
        return "".join(part for part in self.s if isinstance(part, str)).encode("latin-1")


class _Utf16(SigmaValueModifier):  # type: ignore[misc]
    """UTF-16 of any text; for ASCII it is what pySigma makes of it."""

    codec, mark = "utf-16le", b""

    def modify(self, val: types.SigmaString) -> types.SigmaString:
        made = _Encoded()
        made.s = [part.encode(self.codec).decode("latin-1") if isinstance(part, str) else part for part in val.s]
        if self.mark:
            made.s = [self.mark.decode("latin-1"), *made.s]
        return made._merge_strs()


class _Utf16be(_Utf16):
    codec = "utf-16be"


class _Utf16marked(_Utf16):
    mark = b"\xff\xfe"


for _name, _modifier in {"utf16le": _Utf16, "wide": _Utf16, "utf16be": _Utf16be, "utf16": _Utf16marked}.items():
    modifier_mapping[_name] = _modifier
    reverse_modifier_mapping[_modifier.__name__] = _name
del SigmaUTF16BEModifier, SigmaUTF16Modifier, SigmaWideModifier


class _Linear(RegexEngine):  # type: ignore[misc]
    """Only expressions that a linear-time engine runs are rules' expressions."""

    def compile(self, pattern: str, flags: int = 0) -> Any:
        letters = "".join(letter for letter, flag in (("i", re.I), ("m", re.M), ("s", re.S)) if flags & flag)
        try:
            expressions.compiled(pattern, letters)
        except expressions.NotLinear as error:
            raise re2.error(str(error)) from None
        try:
            return re2.compile(pattern)  # pySigma itself matches names of search identifiers with it
        except re2.error:
            return None

    @property
    def error(self) -> type[Exception]:
        found: type[Exception] = re2.error
        return found


POLICY = SigmaPolicy(regex_engine=_Linear())


def yaml_documents(text: bytes) -> list[Any]:
    """All YAML documents of a file. Raises `Wrong`."""
    try:
        return list(yaml.load_all(text.decode("utf-8-sig"), SigmaYAMLLoader))
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1
        raise Wrong(f"不是 UTF-8 编码（第 {line} 行），请另存为 UTF-8") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"（第 {mark.line + 1} 行）" if mark else ""
        raise Wrong(f"不是合法的 YAML{where}：{getattr(error, 'problem', None) or error}") from None
    except (TypeError, ValueError, RecursionError) as error:
        raise Wrong(f"不是合法的 YAML：{error}") from None


# --- documents ------------------------------------------------------------------------------------------------------


def documents(parsed: list[Any], file: str) -> list[Document]:
    """All documents of one file. Raises `Wrong` for the first thing that cannot be used."""
    ids = [_own_id(document) for document in parsed if document is not None]
    bounds = [_bounds(document) for document in parsed if document is not None]
    try:
        found = SigmaCollection.from_dicts(parsed, collect_filters=True, resolve_references=False, policy=POLICY)
    except SigmaError as error:
        raise Wrong(_said(error), _key(error)) from None
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise Wrong(f"读不成 Sigma 文档（{type(error).__name__}: {error}）") from None
    kept = {new: old for new, old in ids if new}
    ranges = {new: each for (new, _old), each in zip(ids, bounds, strict=True) if new and each}
    made: list[Document] = []
    for each in (*found.rules, *found.filters):
        shown = kept.get(str(each.id), str(each.id)) if each.id else ""
        try:
            made.append(_document(each, shown, ranges.get(str(each.id), ()), file))
        except SigmaError as error:
            raise Wrong(_said(error), _key(error) or "detection", shown) from None
    if not made:
        raise Wrong("文件里没有 Sigma 规则")
    return made


def _own_id(document: Any) -> tuple[str, str]:
    """(the id pySigma sees, the id as written): the specification recommends UUIDs and does not demand them."""
    if not isinstance(document, dict):
        raise Wrong("每份文档应是键值表")
    given = document.get("id")
    if given is None and "correlation" not in document:
        return "", ""
    if given is None:
        document["id"] = str(uuid.uuid4())  # by which its bounds are found again; shown to nobody
        return document["id"], ""
    if not isinstance(given, str | int) or not str(given).strip():
        raise Wrong("应是文字", "id")
    try:
        seen = str(uuid.UUID(str(given)))
    except ValueError:
        seen = str(uuid.uuid5(uuid.NAMESPACE_OID, str(given)))
    document["id"] = seen
    return seen, str(given)


def _bounds(document: dict[str, Any]) -> tuple[tuple[str, float], ...]:
    """All bounds of a correlation's condition; pySigma is shown one, for it takes no ranges."""
    given = document.get("correlation")
    condition = given.get("condition") if isinstance(given, dict) else None
    if not isinstance(condition, dict):
        return ()
    operators = [name for name in ("gt", "gte", "lt", "lte", "eq", "neq") if name in condition]
    found: list[tuple[str, float]] = []
    for name in operators:
        number = condition[name]
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise Wrong(f"应是数字，现为 {number!r}", f"correlation.condition.{name}")
        found.append((name, number))
    for name in operators[1:]:
        del condition[name]
    return tuple(found)


def _said(error: SigmaError) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def _key(error: SigmaError) -> str:
    """pySigma names its errors after the key they are about."""
    name = type(error).__name__.removeprefix("Sigma").removesuffix("Error").lower()
    known = {
        "logsource": "logsource",
        "detection": "detection",
        "condition": "detection.condition",
        "title": "title",
        "level": "level",
        "status": "status",
        "tag": "tags",
        "date": "date",
        "modified": "modified",
        "identifier": "id",
        "modifier": "detection",
        "value": "detection",
        "type": "detection",
        "regularexpression": "detection",
        "timespan": "correlation.timespan",
    }
    return known.get(name, "correlation" if name.startswith("correlation") else "filter" if "filter" in name else "")


def _document(each: Any, shown: str, bounds: tuple[tuple[str, float], ...], file: str) -> Document:
    match each:
        case SigmaRule():
            return Rule(
                shown,
                each.title,
                _level(each),
                _source(each.logsource),
                _whole(each.detection),
                **_extra(each),
                file=file,
            )
        case SigmaFilter():
            wanted = () if isinstance(each.filter.rules, str) else tuple(one.reference for one in each.filter.rules)
            return Filter(
                shown, each.title, _source(each.logsource), wanted, _whole(each.filter), each.name or "", file
            )
        case _:
            return _correlation(each, shown, bounds, file)


def _level(each: Any) -> str | None:
    return each.level.name.lower() if each.level is not None else None


def _extra(each: Any) -> dict[str, Any]:
    return {
        "name": each.name or "",
        "status": each.status.name.lower() if each.status is not None else "",
        "tags": tuple(str(tag) for tag in each.tags),
    }


def _source(source: Any) -> LogSource:
    return LogSource(*(str(part or "").lower() for part in (source.product, source.category, source.service)))


def _correlation(each: Any, shown: str, bounds: tuple[tuple[str, float], ...], file: str) -> Correlation:
    condition = each.condition
    expr = None
    if isinstance(condition, correlations.SigmaExtendedCorrelationCondition):
        expr = _references(condition.parsed)
        wanted = tuple(each.rules and (one.reference for one in each.rules) or condition.get_referenced_rules())
    else:
        wanted = tuple(one.reference for one in each.rules or ())
        bounds = bounds or ((condition.op.name.lower(), condition.count),)
    fields = getattr(condition, "fieldref", None) or ()
    percentile = getattr(condition, "percentile", None)
    if percentile is not None and not 0 <= percentile <= 100:
        raise Wrong("百分位应在 0 至 100 之间", "correlation.condition.percentile", shown)
    return Correlation(
        id=shown,
        title=each.title,
        level=_level(each),
        kind=each.type.name.lower(),
        rules=wanted,
        seconds=each.timespan.seconds,
        group_by=tuple(each.group_by or ()),
        aliases={one.alias: {ref.reference: name for ref, name in one.mapping.items()} for one in each.aliases},
        bounds=() if expr else bounds,
        expr=expr,
        fields=(fields,) if isinstance(fields, str) else tuple(fields),
        percentile=50 if percentile is None else percentile,
        generate=bool(each.generate),
        **_extra(each),
        file=file,
    )


def _references(node: Any) -> Expr:
    match node:
        case correlations.CorrelationConditionAND():
            return ["and", [_references(arg) for arg in node.args]]
        case correlations.CorrelationConditionOR():
            return ["or", [_references(arg) for arg in node.args]]
        case correlations.CorrelationConditionNOT():
            return ["not", _references(node.args[0])]
        case _:
            return ["r", node.reference]


# --- conditions -----------------------------------------------------------------------------------------------------


def _whole(detections: Any) -> Expr:
    """A list of conditions is an OR (rules specification, "Condition")."""
    found = [_expr(condition.parsed) for condition in detections.parsed_condition]
    return found[0] if len(found) == 1 else ["or", found]


def _expr(node: Any) -> Expr:
    match node:
        case conditions.ConditionAND():
            return ["and", [_expr(arg) for arg in node.args]]
        case conditions.ConditionOR():
            return ["or", [_expr(arg) for arg in node.args]]
        case conditions.ConditionNOT():
            return ["not", _expr(node.args[0])]
        case conditions.ConditionFieldEqualsValueExpression():
            return _leaf(["f", node.field], node.value)
        case conditions.ConditionValueExpression():
            return _leaf(["k"], node.value)
        case _:
            raise Wrong("条件为空", "detection.condition")


def _leaf(head: list[Any], value: Any) -> Expr:
    if isinstance(value, types.SigmaExpansion):
        return ["or", [_leaf(head, each) for each in value.values]]
    return [*head, _test(value)]


def _test(value: Any) -> Test:
    match value:
        case types.SigmaString():
            return ["s", list(_parts(value.s)), isinstance(value, types.SigmaCasedString)]
        case types.SigmaTimestampPart():
            return ["part", value.timestamp_part.name.lower(), "eq", value.number]
        case types.SigmaNumber():
            return ["n", value.number]
        case types.SigmaBool():
            return ["b", value.boolean]
        case types.SigmaNull():
            return ["null"]
        case types.SigmaExists():
            return ["exists", value.exists]
        case types.SigmaRegularExpression():
            flags = "".join(sorted(value.sigma_to_re_flag[flag] for flag in value.flags))
            return ["re", list(_parts(value.regexp.s, pattern=True)), flags]
        case types.SigmaCIDRExpression():
            return ["cidr", str(value.network)]
        case types.SigmaCompareExpression():
            operator = value.op.name.lower()
            if isinstance(value.number, types.SigmaTimestampPart):
                return ["part", value.number.timestamp_part.name.lower(), operator, value.number.number]
            return ["cmp", operator, value.number.number]
        case types.SigmaFieldReference():
            return ["ref", value.field, value.starts_with, value.ends_with]
        case _:
            raise Wrong(f"不支持的值 {value}", "detection")


def _parts(parts: list[Any], *, pattern: bool = False) -> Iterator[Any]:
    """`*` and `?` of a regular expression are its own signs, so there they are text again."""
    for part in parts:
        match part:
            case str():
                yield part
            case types.SpecialChars.WILDCARD_MULTI:
                yield "*" if pattern else 0
            case types.SpecialChars.WILDCARD_SINGLE:
                yield "?" if pattern else 1
            case types.Placeholder():
                yield ["%", part.name]
