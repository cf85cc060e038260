from __future__ import annotations

from qingdun.operations.listings.blocks import MARKS, PHASES, PLACED
from qingdun.operations.models import Block, Placement


def test_every_state_has_a_tab_and_a_mark() -> None:
    states = set(Block.State.values)
    assert {state for _title, states in PHASES.values() for state in states} == states == set(MARKS)


def test_every_answer_of_a_device_has_a_mark() -> None:
    assert set(PLACED) == set(Placement.State.values)
