"""Acceptance: a whole platform cuts an attacker off by nftables, lets him return, and never touches a protected one."""

from __future__ import annotations

import pytest

from qingdun.operations.benches.block import measure
from tests.operations.delivery import netns

pytestmark = pytest.mark.process


def test_attackers_are_cut_off_and_return_and_a_protected_one_never_is() -> None:
    netns.require()
    found = measure(3, 0.3)
    assert (found["cut_off"], found["returned"], found["protected_reached"]) == (3, 3, True)
