"""What a batch says about who attacked: the input of counting, of alerts and of block policies. Plain data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

#: An event in the lake: its batch, its row, its time.
Trace = tuple[str, int, datetime]


@dataclass(frozen=True, slots=True)
class Signal:
    """攻击信号: hits of one sort from one source address, seen by one device, within one minute of one batch."""

    source: str
    device: int  # logs.Source
    attack: str  # key of the attack class; empty when unknown
    action: str  # blocked, alerted, deceived, allowed; empty when the log does not say
    level: int  # the highest `event.severity` among them, or the level of the rule
    hits: int
    first: datetime
    last: datetime
    target: str = ""
    rule: str = ""  # id of the rule that said so; empty for what devices and our own recognition said
    evidence: tuple[Trace, ...] = ()
