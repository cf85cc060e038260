"""The rules of signing in."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, cast

from django.http import HttpRequest
from ninja import Field, Router, Schema
from pydantic import ConfigDict

from qingdun.access import actions, factors, policy, rules
from qingdun.access.core.rules import BOUNDS, Rules
from qingdun.access.models import Account

router = Router()


def _within(name: str) -> Any:
    low, high = BOUNDS[name]
    return Field(ge=low, le=high)


class RulesOut(Schema):
    """The rules in force: lengths in characters, ages in days, waits as the names say."""

    min_length: int = _within("min_length")
    kinds: int = _within("kinds")
    history: int = _within("history")
    max_age_days: int = _within("max_age_days")
    tries: int = _within("tries")
    wait_minutes: int = _within("wait_minutes")
    idle_minutes: int = _within("idle_minutes")
    max_hours: int = _within("max_hours")
    fresh_minutes: int = _within("fresh_minutes")
    one_session: bool


class RulesIn(RulesOut):
    """All of the rules, as they shall be, and why."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=1, max_length=200)


@router.get("", response=RulesOut, operation_id="powers_rules", summary="登录规则")
def shown(request: HttpRequest) -> dict[str, Any]:
    policy.require(request.user, "access.rules", policy.ROOT)
    return asdict(rules.current())


@router.put("", response=RulesOut, operation_id="powers_rules_set", summary="设定登录规则")
def set_rules(request: HttpRequest, body: RulesIn) -> dict[str, Any]:
    """Asks for a fresh proof of identity in the session."""
    policy.require(request.user, "access.rules", policy.ROOT)
    factors.require_fresh(request)
    wanted = Rules(**body.model_dump(exclude={"reason"}))
    return asdict(actions.set_rules(wanted, by=cast(Account, request.user), reason=body.reason))
