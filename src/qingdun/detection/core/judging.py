"""研判: which act leads an alert from which state to which, and which acts must say why."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class State(StrEnum):
    """状态: how far people have come with an alert. The values are those the records keep."""

    NEW = "new"
    WORKING = "working"
    CONFIRMED = "confirmed"
    HANDLED = "handled"
    FALSE = "false"
    IGNORED = "ignored"


class Act(StrEnum):
    """动作: what a duty officer can do with an alert."""

    TAKE = "take"
    ASSIGN = "assign"
    CONFIRM = "confirm"
    HANDLE = "handle"
    FALSE = "false"
    IGNORE = "ignore"
    REOPEN = "reopen"
    NOTE = "note"


class NotNow(ValueError):
    """The act does not lead anywhere from this state."""


OPEN = (State.NEW, State.WORKING, State.CONFIRMED)
CLOSED = (State.HANDLED, State.FALSE, State.IGNORED)
#: What the rule says once more after this is a new alert; an ignored one goes on counting in silence.
DONE_WITH = (State.HANDLED, State.FALSE)

_HELD = {State.NEW: State.WORKING, State.WORKING: State.WORKING, State.CONFIRMED: State.CONFIRMED}

#: Act → from → to. What stands nowhere here cannot be done.
STEPS: Mapping[Act, Mapping[State, State]] = {
    Act.TAKE: _HELD,
    Act.ASSIGN: _HELD,
    Act.CONFIRM: {State.NEW: State.CONFIRMED, State.WORKING: State.CONFIRMED},
    Act.HANDLE: dict.fromkeys(OPEN, State.HANDLED),
    Act.FALSE: dict.fromkeys(OPEN, State.FALSE),
    Act.IGNORE: {State.NEW: State.IGNORED, State.WORKING: State.IGNORED},
    Act.REOPEN: dict.fromkeys(CLOSED, State.WORKING),
    Act.NOTE: {state: state for state in State},
}

#: These close an alert, undo what was closed, or are nothing but words.
NEEDS_WORDS = frozenset({Act.HANDLE, Act.FALSE, Act.IGNORE, Act.REOPEN, Act.NOTE})


def step(state: State, act: Act) -> State:
    """Where the act leads. Raises `NotNow`."""
    try:
        return STEPS[act][state]
    except KeyError:
        raise NotNow(f"{act} from {state}") from None


def possible(state: State) -> tuple[Act, ...]:
    """What can be done with an alert in this state, in the order of the page."""
    return tuple(act for act in Act if state in STEPS[act])
