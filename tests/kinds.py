"""A kind of approval of the tests' own: for the permission matrix, and as fixtures a conftest may take over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import MappingProxyType
from typing import Any
from unittest.mock import patch

import pytest

STEP = {"name": "审核", "english": "Review", "may": "inventory.edit", "at": "unit", "days": 3}
VERSION = {
    "valid_from": "2026-01-01",
    "basis": "测试",
    "patience": 5,
    "reasons": [{"key": "other", "name": "其他", "english": "Other"}],
}


@contextmanager
def kind(*steps: dict[str, Any], key: str = "test.kind", ask: str = "", **version: Any) -> Iterator[list[Any]]:
    """While it lasts there is a kind with these steps; gives the list of the approvals that were carried out."""
    from qingdun.access.approvals import registry
    from qingdun.access.core.flow import Builder
    from qingdun.access.permissions import all_permissions

    registry._rooms()  # what is entered under the patch would be gone with it
    whole = {**VERSION, "steps": [{**STEP, **step} for step in steps or ({},)], **version}
    document = {"name": "试办", "english": "Trial", "versions": [whole], **({"ask": ask} if ask else {})}
    flows = MappingProxyType({**registry.flows(), key: Builder(all_permissions())(key, document)})
    done: list[Any] = []
    with patch.object(registry, "flows", lambda: flows), patch.dict(registry._carry, {key: done.append}):
        yield done


@pytest.fixture
def make_kind() -> Iterator[Callable[..., list[Any]]]:
    """`make_kind(step, …, key="test.kind", **version)`: a kind with these steps; gives what is carried out."""
    with ExitStack() as kept:
        yield lambda *steps, **version: kept.enter_context(kind(*steps, **version))


@pytest.fixture
def make_approval(make_kind: Callable[..., Any], make_account: Callable[..., Any]) -> Callable[..., Any]:
    """`make_approval(by=…, unit=…, people=…)`: a request of the tests' kind, which has one step unless made before."""
    from qingdun.access import approvals

    def make(*, by: Any = None, unit: Any = None, kind: str = "test.kind", **more: Any) -> Any:
        if kind not in approvals.registry.flows():
            make_kind()
        by = by or make_account(unit=unit)
        more = {"asked": {"what": "东西"}, "reason": "工作需要", **more}
        return approvals.ask(kind, by=by, unit=unit or by.person.unit, **more)

    return make
