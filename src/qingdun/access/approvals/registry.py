"""The kinds of approval: each room's flow files, and what its `approvals.py` declares about them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib.util import find_spec
from pkgutil import iter_modules
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _

import qingdun
from qingdun.access.core.flow import SCHEMA, Builder, Flow
from qingdun.access.permissions import all_permissions
from qingdun.lib.registry import load
from qingdun.lib.rooms import modules

if TYPE_CHECKING:
    from qingdun.access.models import Approval

#: A line of what the decider must know: its label, its value, and the address it leads to (empty: nowhere).
Line = tuple[str | Promise, object, str]
Carry = Callable[["Approval"], None]
Describe = Callable[["Approval"], Iterable[Line]]
Watch = Callable[["Approval", str], None]

_carry: dict[str, Carry] = {}
_describe: dict[str, Describe] = {}
_let_go: dict[str, Carry] = {}
_watch: list[Watch] = []


class NotPossible(Exception):
    """What was tried with an approval is against its rules; the text names the rule and is shown as it stands."""


def carries_out(kind: str) -> Callable[[Carry], Carry]:
    """Declare what happens when the last step agrees, in that transaction.

    Raises `NotPossible` (or a room's own refusal with words) to undo the decision with it.
    """
    return _enter(_carry, kind)


def lets_go(kind: str) -> Callable[[Carry], Carry]:
    """Declare what happens when an approval ends without being agreed to: returned, rejected, withdrawn, expired."""
    return _enter(_let_go, kind)


def describes(kind: str) -> Callable[[Describe], Describe]:
    """Declare the facts a decider is shown: (label, value, address)."""
    return _enter(_describe, kind)


def watches(watch: Watch) -> Watch:
    """Call `watch(approval, what)` at every move of every kind, in its transaction.

    `what` is one of `ApprovalEvent.What`, a verdict, or `RESEATED`.
    """
    _watch.append(watch)
    return watch


def carrier(kind: str) -> Carry:
    """Raises NotPossible when no room carries this kind out."""
    _rooms()
    if kind not in _carry:
        raise NotPossible(_("没有“%s”这类审批") % kind)
    return _carry[kind]


def let_go(approval: Approval) -> None:
    _rooms()
    if approval.kind in _let_go:
        _let_go[approval.kind](approval)


def describe(approval: Approval) -> list[Line]:
    """The facts of what is asked for; without a description of its room the plain values."""
    _rooms()
    if approval.kind in _describe:
        return list(_describe[approval.kind](approval))
    return [(key, value, "") for key, value in approval.asked.items()]


def tell(approval: Approval, what: str) -> None:
    _rooms()
    for watch in _watch:
        watch(approval, what)


@cache
def flows() -> Mapping[str, Flow]:
    """Every kind, `<room>.<file stem>` → its flow. Raises BrokenContent."""
    build = Builder(all_permissions())
    found: dict[str, Flow] = {}
    for room in iter_modules(qingdun.__path__):
        folder = f"qingdun.{room.name}.flows"
        if room.ispkg and find_spec(folder):
            found |= {f"{room.name}.{key}": flow for key, flow in load(folder, build, schema=SCHEMA).items()}
    return MappingProxyType(found)


def flow(kind: str) -> Flow:
    """Raises NotPossible when there is no such flow."""
    if kind not in flows():
        raise NotPossible(_("没有“%s”这类审批") % kind)
    return flows()[kind]


@cache
def _rooms() -> None:
    """Each room's `approvals.py`, imported once, so that what it declares is known."""
    for _module in modules("approvals"):
        pass


def _enter(registry: dict[str, Any], kind: str) -> Callable[[Any], Any]:
    def declare(function: Any) -> Any:
        registry[kind] = function
        return function

    return declare
