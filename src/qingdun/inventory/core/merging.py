"""What a merger of units does with what belongs to them: each room says it in its `merging.py`, for every relation.

`follow`: goes to the receiving unit. `stay`: remains with the merged one, as a record of its time. `end`: grants, which
are never passed on. `carry`: refusals, which are repeated over the receiving unit. `move`: units below go below it.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

FOLLOW, STAY, END, CARRY, MOVE = "follow", "stay", "end", "carry", "move"
RULES = frozenset({FOLLOW, STAY, END, CARRY, MOVE})


def digest(*facts: object) -> str:
    """What was shown before confirming, as one word: when it is another by then, it must be shown again."""
    return sha256(repr(facts).encode()).hexdigest()[:32]


def checked(rules: Mapping[str, str]) -> Mapping[str, str]:
    """The rules, or LookupError for one that is none of ours."""
    for relation, rule in rules.items():
        if rule not in RULES:
            raise LookupError(f"{relation}: no rule {rule!r}")
    return rules
