"""Time accounted to each rule, and rest for those that take too much: one expression cannot hold up all the others.

The watch is given from outside (seconds, from any zero); the core has no clock of its own.
"""

from __future__ import annotations

from collections.abc import Callable

LIMIT = 2.0  # seconds one rule may take of one batch


class TooSlow(Exception):
    """The rule at work has used up its time."""


class Ledger:
    """耗时账: seconds by rule, and the rules at rest with the seconds that sent them there."""

    def __init__(self, stopwatch: Callable[[], float], rules: int, limit: float = LIMIT) -> None:
        self.seconds = [0.0] * rules
        self.resting: dict[int, float] = {}
        self.limit = limit
        self._stopwatch = stopwatch
        self._rule, self._began = -1, 0.0

    def rests(self, rule: int) -> bool:
        """Is this rule in quarantine?"""
        return rule in self.resting

    def wake(self, rule: int) -> None:
        """Let a rule be tried again."""
        self.resting.pop(rule, None)

    def begin(self, rule: int) -> None:
        """From now on the time is this rule's."""
        self._rule, self._began = rule, self._stopwatch()

    def end(self) -> None:
        """Up to now it was; too much of it, and the rule rests from now on."""
        spent = self._stopwatch() - self._began
        self.seconds[self._rule] += spent
        if spent > self.limit:
            self.resting[self._rule] = spent

    def glance(self) -> None:
        """Called within long work; raises `TooSlow` when the rule's time is up."""
        if self._stopwatch() - self._began > self.limit:
            raise TooSlow
