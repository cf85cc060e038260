"""A kind of approval of the tests' own, and a request of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.kinds import kind


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
