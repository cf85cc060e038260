"""From the signals of a batch to the block list, in the batch's own transaction (`logs/pipeline/watch.py`)."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django.utils import timezone

from qingdun.detection.core.signals import Signal
from qingdun.lib.registry import BrokenContent
from qingdun.operations import policyfiles
from qingdun.operations.core.policy import Policies, Policy
from qingdun.operations.deciding import Deciding
from qingdun.operations.models import Block, PolicySetting

ORDER = 20
REMEMBERED = 100_000  # signals since the last dump before a new one is taken
log = logging.getLogger(__name__)


def publish(folder: Path) -> Mapping[str, Path]:
    """Readers need nothing of blocking. A broken policy file is told here. Raises BrokenContent."""
    policyfiles.policies()
    return {}


class Settler:
    """Policies at work. What they remember is one dump and the signals since, so a lost transaction can be undone."""

    def __init__(self) -> None:
        self._modes: dict[str, str] = {}
        self._files = _policies()
        self._policies = Policies(self._files.values(), self._modes)
        self._dumped = self._policies.dump()
        self._since: list[Signal] = []
        self._open: list[Signal] = []  # of batches whose transaction does not stand yet
        self._deciding = Deciding()

    def settle(self, key: str, found: Any, said: dict[str, Any], *, again: bool) -> list[Block]:
        """The blocks that follow from what detection found in this batch."""
        signals: Sequence[Signal] = said.get("detection") or ()
        if not signals:
            return []
        self._choose()
        self._open += signals
        decisions = self._policies.feed(signals)
        return self._deciding.enter(decisions, timezone.now()) if decisions and not again else []

    def committed(self) -> None:
        self._since += self._open
        self._open = []
        if len(self._since) > REMEMBERED:
            self.dump()

    def forget(self) -> None:
        if self._open:
            self._open = []
            self._rebuild()

    def dump(self) -> bytes:
        if not self._open:
            self._dumped, self._since = self._policies.dump(), []
        return self._dumped

    def load(self, held: bytes | None) -> None:
        self._choose()
        self._policies.load(held)
        self._dumped, self._since, self._open = self._policies.dump(), [], []

    def _choose(self) -> None:
        """Follow what people made of the policies; what was counted so far is kept."""
        modes = dict(PolicySetting.objects.values_list("policy", "mode"))
        files = _policies()
        if modes != self._modes or files != self._files:
            held = self._policies.dump()
            self._modes, self._files = modes, files
            self._policies = Policies(files.values(), modes)
            self._policies.load(held)

    def _rebuild(self) -> None:
        self._policies = Policies(self._files.values(), self._modes)
        self._policies.load(self._dumped)
        self._policies.feed(self._since)


def _policies() -> Mapping[str, Policy]:
    """None while a file is broken: lines go on being counted, and `publish` says which file it is."""
    try:
        return policyfiles.policies()
    except BrokenContent as broken:
        log.error("封禁策略文件有误，在改正以前不自动封禁：%s", broken)
        return {}
