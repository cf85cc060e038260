"""The rules of signing in, and how far the security administrator may bend them. Pure.

GB/T 22239-2019 8.1.4.1 asks at level 3 for complexity, regular change, lock-out after failures and leaving on idleness,
and names no figures. The defaults and bounds here are what evaluators commonly expect: UNCONFIRMED against any official
text, therefore settings; the bounds only keep a setting from making a rule void.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

#: A setting's lowest and highest value. What is safer lies inside; what would make the rule void lies outside.
BOUNDS: dict[str, tuple[int, int]] = {
    "min_length": (8, 64),
    "kinds": (3, 4),
    "history": (5, 24),
    "max_age_days": (30, 180),
    "tries": (3, 10),
    "wait_minutes": (10, 1440),
    "idle_minutes": (5, 30),
    "max_hours": (1, 24),
    "fresh_minutes": (5, 30),
}


@dataclass(frozen=True, slots=True)
class Rules:
    """登录规则. Lengths in characters, ages in days, waits as the names say."""

    min_length: int = 10
    kinds: int = 3  # of lower case, upper case, digits, other signs
    history: int = 5  # passwords, the present one included, that may not come back
    max_age_days: int = 90
    tries: int = 5  # wrong answers in a row until nothing is tried
    wait_minutes: int = 30
    idle_minutes: int = 30
    max_hours: int = 12  # a session's whole length, however busy
    fresh_minutes: int = 15  # how long a proof of identity is good for the most powerful acts
    one_session: bool = False  # does signing in end the account's other sessions?


def outside(rules: Rules) -> list[str]:
    """The settings that lie outside their bounds."""
    return [name for name, (low, high) in BOUNDS.items() if not low <= getattr(rules, name) <= high]


def changes(before: Rules, after: Rules) -> dict[str, tuple[Any, Any]]:
    """Setting → (before, after), for those that differ."""
    pairs = {field.name: (getattr(before, field.name), getattr(after, field.name)) for field in fields(Rules)}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def kinds_in(password: str) -> int:
    """How many of the four kinds of characters: lower case, upper case, digits, others (Chinese among them)."""
    other = any(not (sign.islower() or sign.isupper() or sign.isdigit()) for sign in password)
    return sum(
        [
            any(sign.islower() for sign in password),
            any(sign.isupper() for sign in password),
            any(sign.isdigit() for sign in password),
            other,
        ]
    )
