from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from qingdun.history.core.walk import CHANGED, CREATED, REMOVED, back, difference

STATES = st.lists(st.fixed_dictionaries({"a": st.integers(0, 2), "b": st.integers(0, 2)}), min_size=1, max_size=6)


@given(STATES, st.booleans())
def test_every_former_state_is_found_again(states: list[dict[str, int]], removed: bool) -> None:
    """The life of a record, written down step by step and walked back from what is left of it."""
    life: list[Any] = [None, *states] + ([None] if removed else [])
    steps: list[tuple[str, Any]] = []
    for before, after in zip(life, life[1:], strict=False):
        if before is None:
            steps.append((CREATED, {}))
        elif after is None:
            steps.append((REMOVED, difference(before, None)))
        else:
            steps.append((CHANGED, difference(before, after)))
    for place, state in enumerate(life):
        assert back(life[-1], steps[place:][::-1]) == state


def test_what_did_not_change_is_left_out() -> None:
    assert difference({"a": 1, "b": 2}, {"a": 1, "b": 3}) == {"b": (2, 3)}
    assert difference(None, {"a": None, "b": 3}) == {"b": (None, 3)}
