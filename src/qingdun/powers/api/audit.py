"""The audit record for the officers who may read it, and everybody's own acts. Every reading is itself on record."""

# Annotations must be real here, not text: the router reads them.
import json
from datetime import datetime
from typing import Any, Literal

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import override
from ninja import Field, Query, Router, Schema
from ninja.errors import HttpError
from ninja.responses import Status

from qingdun.access import policy
from qingdun.audit import record
from qingdun.audit.models import Entry
from qingdun.audit.report import build
from qingdun.powers.listings.audit import AUDITORS, ENTRIES, MINE
from qingdun.powers.views.audit import record_look, record_reading
from qingdun.web import jobs
from qingdun.web.listing import Listing
from qingdun.web.machine.lists import asking, one, page
from qingdun.web.machine.shapes import Rows

router = Router()
ASKED, ASKED_OF_AUDITORS, ASKED_OF_MINE = asking(ENTRIES), asking(AUDITORS), asking(MINE)


class EntryOut(Schema):
    """One act. `changes`: field → [before, after]; the digests cover what `GET /audit/` exports as `content`."""

    sequence: int
    at: datetime
    actor: str
    person: str
    office: str
    action: str
    subject_type: str
    subject_id: str
    subject: str
    reason: str
    changes: dict[str, Any]
    address: str
    sha256: str
    sm3: str

    @staticmethod
    def resolve_changes(row: Entry) -> dict[str, Any]:
        """As recorded; under an empty name what somebody altered so that it is JSON no more."""
        try:
            found = json.loads(row.changes)
        except ValueError:
            found = None
        return found if isinstance(found, dict) else {"": row.changes}


class Verified(Schema):
    at: datetime
    whole: bool
    entries: int
    first_bad: int | None
    problems: list[str]
    checkpoints_read: int
    checkpoints_met: int


class Checkpoints(Schema):
    count: int
    newest: datetime | None
    sequence: int | None
    key: str | None
    outside: bool


class Protection(Schema):
    database: str
    account: str
    owner: str
    separate: bool
    wrong_guards: list[str]


class Reader(Schema):
    actor: str
    person: str
    action: str
    times: int
    last: datetime


class Reported(Schema):
    """The integrity report, as `qingdun audit report` prints it."""

    at: datetime
    entries: int
    oldest: datetime | None
    newest: datetime | None
    kept_days: int
    floor_days: int
    verification: Verified | None
    checkpoints: Checkpoints
    protection: Protection
    readers: list[Reader]


class Queued(Schema):
    state: Literal["queued"] = Field("queued")


def _read(request: HttpRequest, listing: Listing[Entry], turn: Any) -> Any:
    policy.require(request.user, listing.permission, Entry())
    found = page(request, listing, turn)
    record_reading(request, listing)
    return found


@router.get("/entries", response=Rows[EntryOut], operation_id="powers_audit_entries", summary="审计记录")
def entries(request: HttpRequest, turn: Query[ASKED]) -> Any:  # type: ignore[valid-type]
    return _read(request, ENTRIES, turn)


@router.get("/auditors", response=Rows[EntryOut], operation_id="powers_audit_auditors", summary="审计管理员的操作")
def auditors(request: HttpRequest, turn: Query[ASKED_OF_AUDITORS]) -> Any:  # type: ignore[valid-type]
    return _read(request, AUDITORS, turn)


@router.get("/mine", response=Rows[EntryOut], operation_id="powers_audit_mine", summary="我的操作记录")
def mine(request: HttpRequest, turn: Query[ASKED_OF_MINE]) -> Any:  # type: ignore[valid-type]
    return page(request, MINE, turn)


@router.get("/entries/{int:sequence}", response=EntryOut, operation_id="powers_audit_entry", summary="一条审计记录")
def entry(request: HttpRequest, sequence: int) -> Any:
    policy.require(request.user, ENTRIES.permission, Entry())
    found = one(request, ENTRIES, sequence)
    record_look(request, found)
    return found


@router.get("/report", response=Reported, operation_id="powers_audit_report", summary="审计完整性报告")
def report(request: HttpRequest) -> Any:
    policy.require(request.user, "audit.verify", Entry())
    return build().as_json()


@router.post("/verify", response={202: Queued}, operation_id="powers_audit_verify", summary="核验审计链")
def verify(request: HttpRequest) -> Any:
    """Put a full verification into the queue; its result stands in the report."""
    policy.require(request.user, "audit.verify", Entry())
    try:
        with transaction.atomic(), override(settings.LANGUAGE_CODE):
            jobs.start("audit.verify", by=None)
            record(request.user, "audit.verify", "审计链", "发起核验")
    except jobs.AlreadyRunning:
        raise HttpError(409, _("核验正在进行，结果会显示在本页。")) from None
    return Status(202, {"state": "queued"})
