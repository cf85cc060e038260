"""What programs send and receive. Units and systems are named by their codes, never by our row numbers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from ninja import Field, Schema

from qingdun.inventory.core.stages import Stage
from qingdun.web.machine import Body


class ChangeOut(Schema):
    """One act on the thing, or on a row that is part of it (`kind`, `row`); `fields` is column → [before, after]."""

    at: datetime
    actor: str
    act: str
    kind: str
    row: int = Field(alias="object_id")
    name: str
    reason: str
    fields: dict[str, list[Any]]


class ThenOut(Schema):
    """The thing's columns at the end of a day, as known then; null when it was not entered yet."""

    on: date
    columns: dict[str, Any] | None


PageNumber = Annotated[int, Field(ge=1, le=100_000)]


class UnitOut(Schema):
    id: int
    code: str
    name: str
    short_name: str
    level: str
    parent: str | None = Field(None, alias="parent.code")
    since: date | None
    ended: date | None
    merged_into: str | None = Field(None, alias="merged_into.code")


class UnitIn(Body):
    code: str
    name: str
    short_name: str = ""
    level: str
    parent: str


class Renaming(Body):
    name: str = Field(min_length=1, max_length=100)
    short_name: str = Field("", max_length=40)
    on: date
    reason: str = Field(min_length=2, max_length=200)


class Moving(Body):
    parent: str
    on: date
    reason: str = Field(min_length=2, max_length=200)


class Merging(Body):
    into: str
    on: date
    reason: str = Field(min_length=2, max_length=200)


class Confirmation(Merging):
    """`seen` is the digest of the plan that was looked at."""

    seen: str = Field(min_length=32, max_length=32)


class PlanOut(Schema):
    seen: str
    following: list[tuple[str, int]]
    children: list[str]
    ending: list[str]
    gaining: list[str]


class DifferenceOut(Schema):
    id: int
    source: str
    kind: str
    name: str
    host: int | None = Field(None, alias="host_id")
    unit: str | None = Field(None, alias="unit.code")
    expected: str
    seen: str
    state: str
    since: date
    until: date | None
    closed: date | None
    reason: str


class Accepting(Body):
    """`unit` and `zone` for a machine that is not registered yet."""

    unit: str | None = None
    zone: str | None = None


class Explaining(Body):
    reason: str = Field(min_length=2, max_length=200)
    until: date


class SnapshotIn(Body):
    """`rows`: objects whose keys are column titles the source knows."""

    source: str = Field(max_length=40)
    rows: list[dict[str, str | int | float | None]] = Field(min_length=1, max_length=200_000)


class SnapshotOut(Schema):
    source: str
    at: datetime
    rows: int
    unread: int
    found: int
    opened: int
    closed: int


class RatioOut(Schema):
    key: str
    name: str
    value: int = Field(alias="figure.value")
    denominator: int | None = Field(alias="figure.denominator")
    missing: int
    rows_url: str
    missing_url: str

    @staticmethod
    def resolve_name(ratio: Any) -> str:
        return str(ratio.name)


class SystemOut(Schema):
    id: int
    code: str
    name: str
    description: str
    unit: str = Field(alias="unit.code")
    operator: str | None = Field(None, alias="operator.code")
    contact: str
    mlps_level: int | None
    stage: str
    stage_since: date
    provisioned: date
    ready: date | None
    submitted: date | None
    passed: date | None
    retired: date | None
    internet_since: date | None
    is_portal: bool
    url: str


class HostOut(Schema):
    id: int
    name: str
    zone: str
    addresses: list[str]
    operating_system: str
    system: str | None = Field(None, alias="system.code")
    unit: str = Field(alias="unit.code")
    agent_since: date | None
    agent_last_seen: datetime | None
    registered: date
    retired: date | None


class SiteOut(Schema):
    id: int
    domain: str
    url: str
    system: str = Field(alias="system.code")
    unit: str = Field(alias="system.unit.code")
    waf_since: date | None
    filing_number: str
    registered: date
    retired: date | None


class DeviceOut(Schema):
    id: int
    name: str
    kind: str
    vendor: str
    model: str
    zone: str
    address: str
    unit: str = Field(alias="unit.code")
    version: str
    rules_version: str
    rules_date: date | None
    registered: date
    retired: date | None


class AgentOut(Schema):
    id: int
    host: int = Field(alias="host_id")
    unit: str = Field(alias="host.unit.code")
    product: str
    version: str
    registered: date
    retired: date | None


class ProtectionOut(Schema):
    id: int
    site: int = Field(alias="site_id")
    unit: str = Field(alias="site.system.unit.code")
    device: int | None = Field(None, alias="device_id")
    registered: date
    retired: date | None


class ContactOut(Schema):
    """Phone and mail address are masks; `POST /api/v1/web/personal/…` opens one, on record."""

    id: int
    name: str
    duty: str
    unit: str = Field(alias="unit.code")
    system: str | None = Field(None, alias="system.code")
    position: str
    phone: str
    email: str
    registered: date
    retired: date | None


class Given(Body):
    """For a change: why, and whether what stood there was never right (then the figures of those days change)."""

    reason: str | None = None
    mistaken: bool | None = None


class SystemIn(Given):
    code: str | None = None
    name: str | None = None
    description: str | None = None
    unit: str | None = None
    operator: str | None = None
    contact: str | None = None
    mlps_level: int | None = None
    internet_since: date | None = None
    is_portal: bool | None = None
    url: str | None = None
    provisioned: date | None = None
    ready: date | None = None
    submitted: date | None = None
    passed: date | None = None


class HostIn(Given):
    name: str | None = None
    zone: str | None = None
    address: str | None = None
    further: list[str] | None = None
    operating_system: str | None = None
    system: str | None = None
    unit: str | None = None
    agent_since: date | None = None
    registered: date | None = None


class SiteIn(Given):
    domain: str | None = None
    url: str | None = None
    system: str | None = None
    waf_since: date | None = None
    filing_number: str | None = None
    registered: date | None = None


class DeviceIn(Given):
    name: str | None = None
    kind: str | None = None
    vendor: str | None = None
    model: str | None = None
    zone: str | None = None
    address: str | None = None
    unit: str | None = None
    version: str | None = None
    rules_version: str | None = None
    rules_date: date | None = None
    registered: date | None = None


class AgentIn(Given):
    host: int | None = None
    product: str | None = None
    version: str | None = None
    registered: date | None = None


class ProtectionIn(Given):
    site: int | None = None
    device: int | None = None
    registered: date | None = None


class ContactIn(Given):
    name: str | None = None
    duty: str | None = None
    unit: str | None = None
    system: str | None = None
    position: str | None = None
    phone: str | None = None
    email: str | None = None
    registered: date | None = None


class Retirement(Body):
    on: date
    reason: str = Field(min_length=1, max_length=200)


class StageMove(Body):
    stage: Stage
    on: date
    reason: str = ""
