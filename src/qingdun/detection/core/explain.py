"""Why a rule fired on an event or did not: every part of its condition, told field by field.

The verdicts are worked out from the rule itself, one event at a time, beside the engine and not through it; the tests
hold the two together. Slow by design: it is asked for one rule and a handful of events.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from qingdun.detection.core.columns import Router, agrees, said
from qingdun.detection.core.events import Event, first, leaves, look, texts
from qingdun.detection.core.folding import fold
from qingdun.detection.core.keywords import holds
from qingdun.detection.core.parts import Note, Part
from qingdun.detection.core.pipelines import GENERAL, Pipeline, Route, routes_for
from qingdun.detection.core.predicates import Predicate, predicates
from qingdun.detection.core.program import Program, Unset, anywhere, applies, filled, link
from qingdun.detection.core.rules import Correlation, Document, Expr, Filter, Rule
from qingdun.detection.core.written import shown

SHOWN = 3  # values of an event in which a keyword was found
DEEP = 20  # correlations of correlations


class Explainer:
    """Built once for a set of documents: filters narrow rules, correlations refer to them."""

    def __init__(self, documents: Iterable[Document], pipelines: Mapping[str, Pipeline]) -> None:
        self._pipelines = pipelines
        self._filters: list[Filter] = []
        self._known: dict[str, Rule | Correlation] = {}
        for document in documents:
            if isinstance(document, Filter):
                self._filters.append(document)
                continue
            for name in (document.id, document.name):
                if name:
                    self._known.setdefault(name.lower(), document)
        several = pipelines.values()
        self._routes = tuple(route for each in several for route in each.routes)
        self._general = next((each.general for each in several if each.general), GENERAL)
        self._placeholders = {name: given for each in several for name, given in each.placeholders.items()}

    def explain(self, document: Rule | Correlation, event: Event) -> Part:
        """The whole tree. `event` as `events.flat` gives it. Of a correlation: would this event be counted by it?"""
        return self._one(document, event, 0)

    def find(self, name: str) -> Rule | Correlation | None:
        """The rule or correlation of this id or name."""
        return self._known.get(name.lower())

    def _one(self, document: Rule | Correlation, event: Event, depth: int) -> Part:
        if isinstance(document, Rule):
            return self._rule(document, event)
        below: list[Part] = []
        for name in document.rules:
            found = self.find(name)
            if found is None or depth >= DEEP:
                below.append(Part("rule", False, name, note="missing"))
            else:
                below.append(self._one(found, event, depth + 1))
        groups = [_group(document, name, event) for name in document.group_by]
        held = any(part.holds for part in below)
        return Part("correlation", held, document.title, how=document.kind, parts=(*below, *groups))

    # --- rules ------------------------------------------------------------------------------------------------------

    def _rule(self, rule: Rule, event: Event) -> Part:
        """A branch for each route that is the rule's; the rule holds where one of those the event takes does."""
        narrowing = [each for each in self._filters if applies(each, rule)]
        expr: Expr = ["and", [rule.expr, *(each.expr for each in narrowing)]] if narrowing else rule.expr
        program = link([rule, *narrowing], self._pipelines)
        never = [each.reason for each in program.refused] + [
            each.reason for each in program.idle if (each.rule_id, each.title) == (rule.id, rule.title)
        ]
        if never:
            return Part("rule", False, rule.title, wanted=tuple(never[:1]), note="never")
        taken = routes_for(rule.source, self._routes) or (self._general,)
        mine = self._taken(taken, program, event)
        parts: list[Part] = []
        for number, route in enumerate(taken):
            checks = tuple(_when(event, name, wanted) for name, wanted in route.when.items())
            if number not in mine:
                note: Note = "" if any(not each.holds for each in checks) else "elsewhere"
                parts.append(Part("source", False, str(route.source), note=note, parts=checks))
                continue
            condition = _Looker(event, route, self._placeholders).part(expr)
            parts.append(Part("source", condition.holds, str(route.source), parts=(*checks, condition)))
        return Part("rule", any(part.holds for part in parts), rule.title, parts=tuple(parts))

    def _taken(self, taken: Sequence[Route], program: Program, event: Event) -> tuple[int, ...]:
        probe = Program(routes=list(taken), branches=[[] for _ in taken])
        probe.marks, probe.identity = program.marks, program.identity
        return Router(probe).find(tuple(said(event, name) for name in program.identity))[0]


def _when(event: Event, name: str, wanted: frozenset[str | None]) -> Part:
    told = said(event, name)
    options = tuple(sorted("∅" if each is None else each for each in wanted))
    note: Note = "absent" if told is None else ""
    values = () if told is None else (told,)
    return Part("when", agrees(told, wanted), name, (name,), name, values, "equals", options, note=note)


def _group(correlation: Correlation, name: str, event: Event) -> Part:
    """One field by which a correlation groups: does the event name it?"""
    meant = (name, *correlation.aliases.get(name, {}).values())
    _there, value = first(event, meant)
    found = tuple(texts(value))
    return Part("group", bool(found), name, meant, values=found[:1], note="" if found else "absent")


class _Looker:
    """The condition of a rule on one event of one route."""

    def __init__(self, event: Event, route: Route, placeholders: Mapping[str, tuple[str, ...]]) -> None:
        self._event, self._route, self._placeholders = event, route, placeholders

    def part(self, expr: Expr) -> Part:
        match expr:
            case ["and", list() as several]:
                parts = tuple(self.part(each) for each in several)
                return parts[0] if len(parts) == 1 else Part("all", all(p.holds for p in parts), parts=parts)
            case ["or", list() as several]:
                parts = tuple(_joined([self.part(each) for each in several]))
                return parts[0] if len(parts) == 1 else Part("any", any(p.holds for p in parts), parts=parts)
            case ["not", list() as one]:
                inner = self.part(one)
                return Part("not", not inner.holds, parts=(inner,))
            case ["f", str() as name, list() as test]:
                return self._field(name, test)
            case ["k", list() as test]:
                return self._keyword(test)
        raise ValueError(f"没有这种条件：{expr!r}")

    def _field(self, name: str, test: list[Any]) -> Part:
        how, wanted = shown(test)
        columns = self._route.columns(name)
        if columns is None:
            lacks = test[0] == "null" or (test[0] == "exists" and not test[1])
            return Part("field", lacks, name, how=how, wanted=wanted, met=wanted if lacks else (), note="no_field")
        there, value = first(self._event, columns)
        found = tuple(texts(value))
        note: Note = "" if found else "empty" if there else "absent"
        stands = next((each for each in columns if _has(self._event, each)), "")
        match test:
            case ["null"]:
                held = not found
            case ["exists", bool() as asked]:
                held = there is asked
            case ["s", [0], _cased]:
                held = bool(found)
            case ["ref", str() as other, bool() as starts, bool() as ends]:
                held, wanted = self._alike(found, other, starts, ends)
            case _:
                tests = _made(test, self._placeholders)
                held = any(holds(one, text, fold(text)) for text in found for one in tests)
                wanted = _spelt(test, self._placeholders)
        return Part("field", held, name, columns, stands, found, how, wanted, wanted if held else (), note)

    def _alike(self, found: tuple[str, ...], other: str, starts: bool, ends: bool) -> tuple[bool, tuple[str, ...]]:
        columns = self._route.columns(other)
        others = tuple(texts(first(self._event, columns)[1])) if columns else ()
        pairs = [(fold(one), fold(two)) for one in found for two in others]
        if starts and ends:
            held = any(two in one for one, two in pairs)
        elif starts:
            held = any(one.startswith(two) for one, two in pairs)
        else:
            held = any(one.endswith(two) if ends else one == two for one, two in pairs)
        return held, (f"{other} = {'、'.join(others)}" if others else other,)

    def _keyword(self, test: list[Any]) -> Part:
        """Keywords are sought in every value of the event."""
        how, wanted = shown(test)
        if test[0] in ("null", "exists", "ref"):
            held = test[0] == "null" or (test[0] == "exists" and not test[1])
            return Part("keyword", held, how=how, wanted=wanted)
        asked = anywhere(test)
        tests = _made(asked, self._placeholders)
        found = [value for value in leaves(self._event) if any(holds(one, value, fold(value)) for one in tests)]
        wanted = _spelt(test, self._placeholders)
        how = "contains" if how in ("equals", "like", "number", "bool") else how
        return Part("keyword", bool(found), "", (), "", tuple(found[:SHOWN]), how, wanted, wanted if found else ())


def _has(event: Event, name: str) -> bool:
    there, value = look(event, name)
    return there and value is not None and value != []


def _made(test: list[Any], placeholders: Mapping[str, tuple[str, ...]]) -> list[Predicate]:
    return [one for each in _filled(test, placeholders) for one in predicates(each)]


def _spelt(test: list[Any], placeholders: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    several = _filled(test, placeholders) or [test]
    return tuple(dict.fromkeys(text for each in several for text in shown(each)[1]))


def _filled(test: list[Any], placeholders: Mapping[str, tuple[str, ...]]) -> list[list[Any]]:
    try:
        return filled(test, placeholders)
    except Unset:  # the rule is told to be one that can never fire before it comes to this
        return []


def _joined(parts: list[Part]) -> list[Part]:
    """Alternatives of one field and one way of comparing are one test with several wanted values."""
    made: dict[Any, list[Part]] = {}
    for number, part in enumerate(parts):
        alone = part.kind not in ("field", "keyword")
        made.setdefault(number if alone else (part.kind, part.name, part.how), []).append(part)
    return [several[0] if len(several) == 1 else _one(several) for several in made.values()]


def _one(several: list[Part]) -> Part:
    head = next((part for part in several if part.holds), several[0])
    values = tuple(dict.fromkeys(value for part in several for value in part.values))
    wanted = tuple(dict.fromkeys(text for part in several for text in part.wanted))
    met = tuple(dict.fromkeys(text for part in several for text in part.met))
    return Part(head.kind, head.holds, head.name, head.columns, head.stands, values, head.how, wanted, met, head.note)
