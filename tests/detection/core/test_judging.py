from __future__ import annotations

import pytest

from qingdun.detection.core.judging import CLOSED, OPEN, STEPS, Act, NotNow, State, possible, step
from qingdun.detection.models import Alert


def test_the_records_know_the_same_states() -> None:
    assert [state.value for state in State] == Alert.State.values
    assert (OPEN, CLOSED) == (Alert.OPEN, Alert.CLOSED)


@pytest.mark.parametrize("act", Act)
@pytest.mark.parametrize("state", State)
def test_every_step_is_in_the_table_or_refused(state: State, act: Act) -> None:
    if state in STEPS[act]:
        assert step(state, act) in State and act in possible(state)
    else:
        assert act not in possible(state)
        with pytest.raises(NotNow):
            step(state, act)


@pytest.mark.parametrize("state", CLOSED)
def test_what_is_closed_can_only_be_opened_again_or_written_about(state: State) -> None:
    assert possible(state) == (Act.REOPEN, Act.NOTE)


@pytest.mark.parametrize("state", OPEN)
def test_every_open_state_can_reach_an_end(state: State) -> None:
    assert {step(state, act) for act in possible(state)} & set(CLOSED)
