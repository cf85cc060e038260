"""Conditions as the engine works them out: a tree over columns and predicates, both by number."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class In:
    """The column's value fulfils one of these predicates."""

    column: int
    predicates: tuple[int, ...]
    lazy: bool


@dataclass(frozen=True, slots=True)
class Null:
    column: int


@dataclass(frozen=True, slots=True)
class Exists:
    column: int


@dataclass(frozen=True, slots=True)
class Present:
    """There is a value, whatever it is."""

    column: int


@dataclass(frozen=True, slots=True)
class Same:
    """Two columns' values are alike, or one starts, ends with or contains the other."""

    column: int
    other: int
    starts: bool
    ends: bool


@dataclass(frozen=True, slots=True)
class All:
    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Either:
    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    node: Node


@dataclass(frozen=True, slots=True)
class Constant:
    holds: bool


TRUE, FALSE = Constant(True), Constant(False)
Node = In | Null | Exists | Present | Same | All | Either | Not | Constant


def simplified(node: Node) -> Node:
    """The same condition with constants worked out and the alternatives of one column joined."""
    match node:
        case All(nodes):
            flat = _flat([simplified(each) for each in nodes], All)
            if any(each is FALSE for each in flat):
                return FALSE
            kept = sorted((each for each in flat if each is not TRUE), key=_cost)
            return TRUE if not kept else kept[0] if len(kept) == 1 else All(tuple(kept))
        case Either(nodes):
            flat = _flat([simplified(each) for each in nodes], Either)
            if any(each is TRUE for each in flat):
                return TRUE
            kept = sorted(_joined([each for each in flat if each is not FALSE]), key=_cost)
            return FALSE if not kept else kept[0] if len(kept) == 1 else Either(tuple(kept))
        case Not(one):
            inner = simplified(one)
            match inner:
                case Constant(held):
                    return FALSE if held else TRUE
                case Not(within):
                    return within
            return Not(inner)
    return node


def _flat(nodes: list[Node], kind: type[All | Either]) -> list[Node]:
    flat: list[Node] = []
    for node in nodes:
        flat += node.nodes if isinstance(node, kind) else [node]
    return flat


def _joined(nodes: list[Node]) -> list[Node]:
    kept: list[Node] = []
    by_column: dict[tuple[int, bool], list[int]] = {}
    for node in nodes:
        if isinstance(node, In):
            by_column.setdefault((node.column, node.lazy), []).extend(node.predicates)
        else:
            kept.append(node)
    return kept + [In(column, tuple(dict.fromkeys(several)), lazy) for (column, lazy), several in by_column.items()]


def _cost(node: Node) -> int:
    """Cheap tests first: an empty one ends an AND."""
    match node:
        case In(_, _, lazy):
            return 3 if lazy else 0
        case Not(one):
            return 1 + _cost(one)
        case All(nodes) | Either(nodes):
            return 1 + max(map(_cost, nodes))
        case Same():
            return 4
    return 1


def columns(node: Node) -> Iterable[int]:
    match node:
        case In(column) | Null(column) | Exists(column) | Present(column):
            yield column
        case Same(column, other):
            yield from (column, other)
        case All(nodes) | Either(nodes):
            for each in nodes:
                yield from columns(each)
        case Not(one):
            yield from columns(one)


def keywords(node: Node) -> Iterable[int]:
    """The predicates on whole events."""
    match node:
        case In(0, numbers):
            yield from numbers
        case All(nodes) | Either(nodes):
            for each in nodes:
                yield from keywords(each)
        case Not(one):
            yield from keywords(one)
