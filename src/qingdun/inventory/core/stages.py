"""The way of a system from resources to service, told by the day it reached each stage.

A stage is never stored beside its dates: the last date that is set says the stage, so the two cannot disagree and
the funnel of any past day can be counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum


class Stage(StrEnum):
    """阶段: how far a system has come. The member's value is also the name of the column with its date."""

    PROVISIONED = "provisioned"
    READY = "ready"
    SUBMITTED = "submitted"
    PASSED = "passed"
    RETIRED = "retired"


WAY = (Stage.PROVISIONED, Stage.READY, Stage.SUBMITTED, Stage.PASSED)

Dates = Mapping[Stage, date | None]


class WrongStage(ValueError):
    """The step is not allowed; the message is shown as it stands."""


def stage_of(dates: Dates) -> Stage:
    """The stage these dates tell."""
    if dates.get(Stage.RETIRED):
        return Stage.RETIRED
    return next(stage for stage in reversed(WAY) if stage is Stage.PROVISIONED or dates.get(stage))


def enter(dates: Dates, stage: Stage, on: date) -> dict[Stage, date | None]:
    """The dates after reaching `stage` on that day: one step forward, back to an earlier stage, or out of service.

    Going back (a submission returned) clears the later dates. Raises `WrongStage`.
    """
    now = stage_of(dates)
    if now is Stage.RETIRED:
        raise WrongStage("已停用的系统不能再变更阶段")
    if stage is Stage.RETIRED:
        _not_before(dates[now], on)
        return {**dates, Stage.RETIRED: on}
    here, there = WAY.index(now), WAY.index(stage)
    if there > here + 1:
        raise WrongStage("阶段不能跳过，请逐步推进")
    if there == here:
        raise WrongStage("系统已在这一阶段")
    if there < here:
        return {**dates, **dict.fromkeys(WAY[there + 1 :])}
    _not_before(dates[now], on)
    return {**dates, stage: on}


def _not_before(entered: date | None, on: date) -> None:
    if entered and on < entered:
        raise WrongStage(f"日期 {on} 早于进入当前阶段的日期 {entered}")
