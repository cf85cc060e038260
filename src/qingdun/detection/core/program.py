"""Rules and pipelines put together: what a batch of events is tested for.

A rule becomes one branch for each route it takes. A branch names predicates it cannot hold without (its trigger), so
that a batch in which none of them holds costs nothing, however many rules there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from qingdun.detection.core import expressions
from qingdun.detection.core.nodes import (
    FALSE,
    TRUE,
    All,
    Either,
    Exists,
    In,
    Node,
    Not,
    Null,
    Present,
    Same,
    columns,
    simplified,
)
from qingdun.detection.core.pipelines import GENERAL, Columns, Pipeline, Route, routes_for
from qingdun.detection.core.predicates import Predicate, predicates
from qingdun.detection.core.rules import Correlation, Document, Expr, Filter, LogSource, Refusal, Rule

EVERYWHERE: Columns = ("*",)  # the column that stands for all values of an event: keywords are sought there
TIMES = ("@timestamp", "TimeCreated_SystemTime", "UtcTime", "EventTime", "timestamp", "time", "ts", "eventTime")


@dataclass(frozen=True, slots=True)
class Branch:
    """A rule on one route."""

    rule: int
    node: Node
    trigger: tuple[int, ...] | None  # predicates without which it cannot hold; None when it must always be tried
    columns: frozenset[int]


@dataclass(frozen=True, slots=True)
class Idle:
    """A rule that is loaded and can never fire, and why."""

    rule_id: str
    title: str
    reason: str


@dataclass
class Program:
    """What the engine runs. Nothing in it changes once it is made."""

    rules: list[Rule] = field(default_factory=list)
    correlations: list[Correlation] = field(default_factory=list)
    columns: list[Columns] = field(default_factory=list)
    predicates: list[tuple[int, Predicate]] = field(default_factory=list)  # (column, test)
    routes: list[Route] = field(default_factory=list)
    branches: list[list[Branch]] = field(default_factory=list)  # by route
    marks: tuple[Columns, ...] = ()
    identity: tuple[str, ...] = ()  # the fields that tell which routes an event takes
    times: tuple[str, ...] = TIMES
    idle: list[Idle] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)

    @property
    def loaded(self) -> int:
        """Rules and correlations that can be used."""
        return len(self.rules) + len(self.correlations)


def link(documents: Iterable[Document], pipelines: Mapping[str, Pipeline]) -> Program:
    """Raises nothing: what cannot be linked is in `refused`, what can never fire in `idle`."""
    return _Linker(pipelines).link(list(documents))


class Unset(LookupError):
    """A placeholder without values."""


class _Linker:
    def __init__(self, pipelines: Mapping[str, Pipeline]) -> None:
        several = pipelines.values()
        self.program = Program()
        self._known = tuple(route for each in several for route in each.routes)
        self._general = next((each.general for each in several if each.general), GENERAL)
        self._placeholders = {name: given for each in several for name, given in each.placeholders.items()}
        self._taken: dict[LogSource, tuple[Route, ...]] = {}
        self._columns: dict[Columns, int] = {}
        self._predicates: dict[Any, int] = {}
        self._tests: dict[Any, tuple[int, ...]] = {}
        self._routes: dict[int, int] = {}
        self.column(EVERYWHERE)
        self.program.marks = tuple(dict.fromkeys(route.mark for route in self._known if route.mark))
        named = [name for route in self._known for name in (*route.when, *route.mark)]
        self.program.identity = tuple(dict.fromkeys(named))
        own = [name for each in several for name in each.time]
        self.program.times = tuple(dict.fromkeys([*own, *TIMES]))

    def link(self, documents: list[Document]) -> Program:
        documents = self._once(documents)
        filters = [document for document in documents if isinstance(document, Filter)]
        for document in documents:
            if isinstance(document, Rule):
                self._rule(document, filters)
        self._named_by_filters(filters, documents)
        correlations = [document for document in documents if isinstance(document, Correlation)]
        self._correlations(correlations)
        return self.program

    def _once(self, documents: list[Document]) -> list[Document]:
        """An id stands for one document; the second is refused."""
        seen: dict[str, Document] = {}
        kept = []
        for document in documents:
            first = seen.setdefault(document.id.lower(), document) if document.id else document
            if first is document:
                kept.append(document)
            else:
                reason = f"与 {first.file} 的“{first.title}”用了同一个 id"
                self.program.refused.append(Refusal(document.file, "id", reason, document.id))
        return kept

    # --- rules ------------------------------------------------------------------------------------------------------

    def _rule(self, rule: Rule, filters: list[Filter]) -> None:
        wanted = [each.expr for each in filters if applies(each, rule)]
        expr: Expr = ["and", [rule.expr, *wanted]] if wanted else rule.expr
        number = len(self.program.rules)
        lacking: list[str] = []
        branches: list[tuple[Route, Branch]] = []
        try:
            if rule.source not in self._taken:
                self._taken[rule.source] = routes_for(rule.source, self._known) or (self._general,)
            for route in self._taken[rule.source]:
                absent: set[str] = set()
                node = simplified(self._node(expr, route, absent))
                if node is FALSE:
                    lacking += sorted(absent)
                else:
                    branches.append((route, Branch(number, node, self._trigger(node), frozenset(columns(node)))))
        except expressions.NotLinear as error:
            self.program.refused.append(Refusal(rule.file, "detection", str(error), rule.id))
            return
        except Unset as error:
            self._idle(rule, f"占位符 %{error.args[0]}% 没有取值，请在处理管线的 placeholders 中写明")
        except (LookupError, TypeError, ValueError) as error:
            self.program.refused.append(Refusal(rule.file, "detection", f"无法编译：{error}", rule.id))
            return
        else:
            if not branches:
                fields = "、".join(dict.fromkeys(lacking)) or "条件不可能成立"
                self._idle(rule, f"这一日志源没有字段 {fields}" if lacking else fields)
            for route, branch in branches:
                self.program.branches[self._route(route)].append(branch)
        self.program.rules.append(rule)

    def _idle(self, rule: Rule | Filter, reason: str) -> None:
        self.program.idle.append(Idle(rule.id, rule.title, reason))

    def _route(self, route: Route) -> int:
        if id(route) not in self._routes:
            self._routes[id(route)] = len(self.program.routes)
            self.program.routes.append(route)
            self.program.branches.append([])
        return self._routes[id(route)]

    def _named_by_filters(self, filters: list[Filter], documents: list[Document]) -> None:
        names = {name.lower() for document in documents for name in (document.id, document.name) if name}
        for each in filters:
            unknown = [name for name in each.rules if name.lower() not in names]
            if unknown:
                self._idle(each, f"所过滤的规则 {'、'.join(unknown)} 没有载入")

    # --- conditions -------------------------------------------------------------------------------------------------

    def column(self, names: Columns) -> int:
        if names not in self._columns:
            self._columns[names] = len(self.program.columns)
            self.program.columns.append(names)
        return self._columns[names]

    def _node(self, expr: Expr, route: Route, absent: set[str]) -> Node:
        match expr:
            case ["and", list() as several]:
                return All(tuple(self._node(each, route, absent) for each in several))
            case ["or", list() as several]:
                return Either(tuple(self._node(each, route, absent) for each in several))
            case ["not", list() as one]:
                return Not(self._node(one, route, absent))
            case ["f", str() as name, list() as test]:
                names = route.columns(name)
                if names is None:
                    absent.add(name)
                    return TRUE if test[0] == "null" or (test[0] == "exists" and not test[1]) else FALSE
                return self._leaf(self.column(names), test, route, absent)
            case ["k", list() as test]:
                return self._leaf(0, anywhere(test), route, absent)
        raise ValueError(f"没有这种条件：{expr!r}")

    def _leaf(self, column: int, test: list[Any], route: Route, absent: set[str]) -> Node:
        match test:
            case ["null"]:
                return Null(column)
            case ["exists", bool() as wanted]:
                return Exists(column) if wanted else Not(Exists(column))
            case ["s", [0], _cased] if column:
                return Present(column)
            case ["ref", str() as name, bool() as starts, bool() as ends]:
                names = route.columns(name)
                if names is None:
                    absent.add(name)
                    return FALSE
                return Same(column, self.column(names), starts, ends)
        found = self._numbers(column, test)
        lazy = any(self.program.predicates[number][1].kind == "lazy" for number in found)
        return In(column, found, lazy)

    def _numbers(self, column: int, test: list[Any]) -> tuple[int, ...]:
        key = (column, orjson.dumps(test))
        if key not in self._tests:
            found: list[int] = []
            for each in filled(test, self._placeholders):
                for one in predicates(each):
                    name = (column, one.kind, one.literal) if one.check is None else (column, orjson.dumps(each))
                    if name not in self._predicates:
                        self._predicates[name] = len(self.program.predicates)
                        self.program.predicates.append((column, one))
                    found.append(self._predicates[name])
            self._tests[key] = tuple(dict.fromkeys(found))
        return self._tests[key]

    def _trigger(self, node: Node) -> tuple[int, ...] | None:
        match node:
            case In(_, numbers, False):
                return numbers
            case All(nodes):
                found = [trigger for each in nodes if (trigger := self._trigger(each)) is not None]
                return min(found, key=len, default=None)
            case Either(nodes):
                each = [self._trigger(one) for one in nodes]
                return None if None in each else tuple(number for one in each for number in one or ())
        return None

    # --- correlations -----------------------------------------------------------------------------------------------

    def _correlations(self, given: list[Correlation]) -> None:
        """Those whose references are there, each after the ones it refers to; the others are refused."""
        known = _index(self.program.rules)
        waiting = list(given)
        while waiting:
            ready = [each for each in waiting if all(name.lower() in known for name in each.rules)]
            if not ready:
                break
            for each in ready:
                self.program.correlations.append(each)
                known |= _index([each])
                waiting.remove(each)
        for each in waiting:
            missing = "、".join(name for name in each.rules if name.lower() not in known)
            reason = f"引用的规则 {missing} 没有载入，或互相引用成环"
            self.program.refused.append(Refusal(each.file, "correlation.rules", reason, each.id))


def _index(documents: Iterable[Rule | Correlation]) -> set[str]:
    return {name.lower() for each in documents for name in (each.id, each.name) if name}


def applies(one: Filter, rule: Rule) -> bool:
    """Is this filter one of those that narrow the rule?"""
    names = {rule.id.lower(), rule.name.lower()} - {""}
    return one.source.covers(rule.source) and (not one.rules or any(name.lower() in names for name in one.rules))


def filled(test: list[Any], placeholders: Mapping[str, tuple[str, ...]]) -> list[list[Any]]:
    """Placeholders replaced by each of their values. Raises `Unset`."""
    name = next((part[1] for part in _parts(test) if isinstance(part, list)), None)
    if name is None:
        return [test]
    if name not in placeholders:
        raise Unset(name)
    found = []
    for value in placeholders[name]:
        new = [value] if test[0] == "re" else sigma_string(value)
        parts = [each for part in test[1] for each in (new if part == ["%", name] else [part])]
        found += filled([test[0], joined(parts), test[2]], placeholders)
    return found


def _parts(test: list[Any]) -> list[Any]:
    return test[1] if test[0] in ("s", "re") else []


def anywhere(test: list[Any]) -> list[Any]:
    """A keyword is sought within the values, not compared with the whole of one."""
    match test:
        case ["s", parts, cased]:
            return ["s", joined([0, *parts, 0]), cased]
        case ["n" | "b", value]:
            text = str(value).lower() if isinstance(value, bool) else str(value)
            return ["s", [0, text, 0], False]
    return test


def joined(parts: list[Any]) -> list[Any]:
    """Neighbouring texts become one, neighbouring `*` too."""
    made: list[Any] = []
    for part in parts:
        if made and isinstance(part, str) and isinstance(made[-1], str):
            made[-1] += part
        elif part != "" and not (part == 0 and made and made[-1] == 0):
            made.append(part)
    return made


def sigma_string(text: str) -> list[Any]:
    """A string as rules write it (rules specification, "Escaping") → parts."""
    parts: list[Any] = []
    at = 0
    while at < len(text):
        char = text[at]
        if char == "\\" and text[at + 1 : at + 2] in ("*", "?", "\\"):
            at += 1
            parts.append(text[at])
        else:
            parts.append({"*": 0, "?": 1}.get(char, char))
        at += 1
    return joined(parts)
