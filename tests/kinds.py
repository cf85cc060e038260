"""A kind of approval of the tests' own, for the `make_kind` fixture and for the permission matrix."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any
from unittest.mock import patch

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

    whole = {**VERSION, "steps": [{**STEP, **step} for step in steps or ({},)], **version}
    document = {"name": "试办", "english": "Trial", "versions": [whole], **({"ask": ask} if ask else {})}
    flows = MappingProxyType({**registry.flows(), key: Builder(all_permissions())(key, document)})
    done: list[Any] = []
    with patch.object(registry, "flows", lambda: flows), patch.dict(registry._carry, {key: done.append}):
        yield done
