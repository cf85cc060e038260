"""审批: one way to decide. A room asks, people decide by the flow of the kind, the room's own function carries it out.

`ask` → `decide` … → `@carries_out(kind)` in `<room>/approvals.py`, in the transaction of the last agreeing decision.
Nobody decides what he asked for or benefits from, and nobody twice, by natural person: here and in the database.
Not for: what is asked for; that belongs to the room that asks.
"""

from qingdun.access.approvals.actions import (
    RESEATED,
    ask,
    ask_supplement,
    decide,
    expire,
    extend,
    give_back,
    reseat,
    supplement,
    withdraw,
)
from qingdun.access.approvals.desks import candidates, deciders, waiting_for
from qingdun.access.approvals.registry import (
    NotPossible,
    carries_out,
    describe,
    describes,
    flow,
    flows,
    lets_go,
    watches,
)

__all__ = [
    "RESEATED",
    "NotPossible",
    "ask",
    "ask_supplement",
    "candidates",
    "carries_out",
    "decide",
    "deciders",
    "describe",
    "describes",
    "expire",
    "extend",
    "flow",
    "give_back",
    "flows",
    "lets_go",
    "reseat",
    "supplement",
    "waiting_for",
    "watches",
    "withdraw",
]

from qingdun.access.approvals import kinds  # noqa: F401 (declares what the kinds of this room do)
