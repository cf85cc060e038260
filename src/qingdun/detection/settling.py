"""检测落账: what follows from a batch in the database: attacks counted, correlations followed in order, alerts raised.

Runs in the committer, inside the batch's transaction. Its memory is the state of the correlations.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django.utils import timezone

from qingdun.detection import alerting, attacking, publishing
from qingdun.detection.active import Active, active
from qingdun.detection.core import counting, raising
from qingdun.detection.core.correlate import Correlator, Foreign, State
from qingdun.detection.core.found import Found, Hit
from qingdun.detection.core.signals import Signal
from qingdun.detection.intelligence import material
from qingdun.detection.models import RuleState
from qingdun.logs.models import Source
from qingdun.logs.pipeline.watch import Material

ORDER = 10
ACCOUNT_SECONDS = 60  # between two writings of what rules took
DEVICES_SECONDS = 5
log = logging.getLogger(__name__)
_register = publishing.Register()
_published: Material = {}


def publish(folder: Path) -> Material:
    """See `logs.pipeline.watch.Settling`."""
    global _published
    indicators = material.publish(folder)
    _published = {
        **({"indicators": indicators} if indicators else {}),
        "assets": _register.publish(folder),
        "switches": publishing.switches(folder),
        "suppressions": publishing.suppressions(folder),
    }
    return _published


class Settler:
    """See `logs.pipeline.watch.Settler`."""

    def __init__(self) -> None:
        self._rules: Active | None = None
        self._correlator: Correlator | None = None
        self._fresh = True  # nothing was followed since the last `committed` or `forget`
        self._seconds: Counter[str] = Counter()
        self._accounted = time.monotonic()
        self._units: dict[int, int] = {}
        self._asked = float("-inf")

    def settle(self, key: str, found: Found | None, said: dict[str, Any], *, again: bool) -> list[Signal]:
        """Returns what block policies eat: signals of devices, of our own recognition, and of every rule that fired."""
        if found is None:
            return []
        rules, correlator = self._following()
        self._fresh = False
        fired = raising.fired(found.steps, correlator, rules.numbers)
        hits = [*found.hits, *fired]
        if not again:
            self._write(found, hits, rules)
        told = [raising.signal(hit, rules.spoken) for hit in hits]
        return [*counting.spoken(found.signals), *(signal for signal in told if signal.source)]

    def committed(self) -> None:
        """See `logs.pipeline.watch.Settler`."""
        if self._correlator is not None:
            self._correlator.keep()
        self._fresh = True

    def forget(self) -> None:
        """See `logs.pipeline.watch.Settler`."""
        if self._correlator is not None:
            self._correlator.undo()
        self._fresh = True

    def dump(self) -> bytes:
        """The state of the correlations, as JSON."""
        rules, correlator = self._following()
        return correlator.state.dump(rules.program)

    def load(self, held: bytes | None) -> None:
        """Correlations that have changed since start anew; a state that cannot be read is none."""
        rules = active(_published)
        try:
            state = State.load(held, rules.program) if held else State()
        except Foreign as error:
            log.error("%s；关联从头开始", error)
            state = State()
        self._take(rules, state)

    def _following(self) -> tuple[Active, Correlator]:
        """The rules at work; never changed between a batch and its commit, so that it can be taken back."""
        if self._rules is None or self._correlator is None:
            self._take(active(_published), State())
        elif self._fresh and (now := active(_published)) is not self._rules:
            held = self._correlator.state.dump(self._rules.program)
            self._take(now, State.load(held, now.program))
        assert self._rules is not None and self._correlator is not None
        return self._rules, self._correlator

    def _take(self, rules: Active, state: State) -> None:
        self._rules, self._correlator = rules, Correlator(rules.program, state)
        self._correlator.keep()

    def _write(self, found: Found, hits: Sequence[Hit], rules: Active) -> None:
        units = self._devices() if hits or not found.attacks.is_empty() else {}
        attacking.add(found.attacks, units)
        alerting.raise_alerts([raising.raised(hit, rules.spoken, units) for hit in hits], timezone.now())
        if found.met:
            material.count(found.met)
        self._account(found)

    def _devices(self) -> Mapping[int, int]:
        """Device → the unit that answers for it."""
        if time.monotonic() - self._asked >= DEVICES_SECONDS:
            self._units = dict(Source.objects.exclude(unit=None).values_list("pk", "unit"))
            self._asked = time.monotonic()
        return self._units

    def _account(self, found: Found) -> None:
        """What rules took, now and then; a rule that went into quarantine at once."""
        self._seconds.update(found.seconds)
        due = time.monotonic() - self._accounted >= ACCOUNT_SECONDS
        if found.resting or (due and self._seconds):
            RuleState.objects.account(self._seconds, found.resting, timezone.now())
            self._seconds.clear()
            self._accounted = time.monotonic()
