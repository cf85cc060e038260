"""What programs send to blocking and receive from it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from ninja import Field, Schema

from qingdun.web.machine import Body

Direction = Literal["inbound", "outbound", "both"]
Term = Annotated[str, Field(max_length=10, description="30m、12h、7d 或 always", examples=["1d"])]
Reason = Annotated[str, Field(min_length=1, max_length=200)]
Written = Annotated[str, Field(min_length=1, max_length=49)]


class PlacementOut(Schema):
    """What one device was told about a block, and its answer."""

    id: int
    enforcer: int = Field(alias="enforcer_id")
    state: str
    tries: int
    answer: str
    changed: datetime


class BlockOut(Schema):
    """`state`: proposed, waiting, standing, lifted, expired, refused, conflict, dry. `evidence`: batch, row, time."""

    id: int
    address: str
    direction: str
    state: str
    origin: str
    policy: str
    reason: str
    attack: str
    hits: int
    evidence: list[list[Any]]
    alert: int | None = Field(None, alias="alert_id")
    by: str | None = Field(None, alias="by.username")
    decided: datetime
    valid_from: datetime
    valid_until: datetime | None
    offence: int
    ended: datetime | None
    ended_why: str
    placements: list[PlacementOut]

    @staticmethod
    def resolve_placements(block: Any) -> list[Any]:
        return list(block.placements.all())


class BlockIn(Body):
    """All or none: one address that may not be blocked refuses the whole request."""

    addresses: list[Written] = Field(min_length=1, max_length=200)
    reason: Reason
    direction: Direction = "inbound"
    term: Term = "1d"
    alert: int | None = Field(None, ge=1, le=2**62)


class LookOut(Schema):
    """`refused`: why it may not be blocked, empty when it may. `approval`: why a second person is asked."""

    address: str
    refused: str
    approval: str
    standing: list[int]

    @staticmethod
    def resolve_standing(look: Any) -> list[int]:
        return [one.pk for one in look.standing]


class BlockReason(Body):
    reason: Reason


class Acceptance(Body):
    reason: str = Field("", max_length=200)


class Extension(Body):
    term: Term
    reason: Reason


class WorkDone(Body):
    done: bool
    text: str = Field("", max_length=200)


class ProtectedOut(Schema):
    id: int
    address: str
    kind: str
    reason: str
    by: str | None = Field(None, alias="by.username")
    created: datetime


class ProtectedIn(Body):
    address: Written
    kind: Literal["own", "exit", "shared", "dns", "upper", "cdn", "crawler", "other"]
    reason: Reason


class EnforcerOut(Schema):
    """`settings` hold no secret: of each only the name of the environment variable."""

    id: int
    name: str
    kind: str
    settings: dict[str, Any]
    directions: str
    capacity: int
    on: bool
    dry_run: bool
    held: int
    failing: int
    reached: datetime | None
    failed: datetime | None
    failure: str
    read_back: datetime | None
    drift: int
    has_token: bool

    @staticmethod
    def resolve_has_token(enforcer: Any) -> bool:
        return bool(enforcer.token_digest)


class EnforcerIn(Body):
    name: str = Field(min_length=1, max_length=100)
    kind: str = Field(max_length=40)
    settings: dict[str, str] = Field(default_factory=dict)
    directions: Direction = "inbound"
    capacity: int = Field(5000, ge=1, le=10_000_000)
    on: bool = True
    dry_run: bool = False


class EnforcerChange(Body):
    """What is left out stays as it is."""

    name: str | None = Field(None, min_length=1, max_length=100)
    settings: dict[str, str] | None = None
    directions: Direction | None = None
    capacity: int | None = Field(None, ge=1, le=10_000_000)
    on: bool | None = None
    dry_run: bool | None = None
    reason: str = Field("", max_length=200)


class FeedKey(Schema):
    """The key is told this once; `address` is where the device fetches its first list."""

    key: str
    address: str


class StopOut(Schema):
    """`standing` false: nothing is stopped, and the rest is null."""

    standing: bool
    since: datetime | None = None
    by: str | None = None
    reason: str | None = None


class ReplayOut(Schema):
    """`found`: address, event time, hits, reason, kind (empty, standing, protected), what the guards say."""

    id: int
    days: int
    asked: datetime
    done: datetime | None
    signals: int
    addresses: int
    protected: int
    standing: int
    found: list[list[Any]]
    problem: str


class BlockPolicyOut(Schema):
    key: str
    name: str
    mode: str
    conditions: list[str]
    standing: int
    total: int
    last: datetime | None


class BlockPolicyWhole(BlockPolicyOut):
    replays: list[ReplayOut]


class BlockPolicies(Schema):
    """`problem` names file, key and reason while any policy file is broken."""

    policies: list[BlockPolicyOut]
    problem: str


class ModeChange(Body):
    mode: Literal["off", "dry", "propose", "block"]
    reason: Reason


class ReplayIn(Body):
    days: int = Field(7, ge=1, le=31)
