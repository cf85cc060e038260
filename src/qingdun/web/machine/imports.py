# Annotations must be real here, not text: the router reads them, and the kinds differ from room to room.
"""Imports for programs: upload a table, follow its reading, look at its rows, accept of it. The pages' own actions.

A room mounts them with `mount(router, "inventory")`.
"""

from datetime import datetime
from typing import Any, Literal

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest
from ninja import Field, File, Query, Router, Schema
from ninja.errors import HttpError
from ninja.files import UploadedFile
from ninja.responses import Status

from qingdun.access import policy
from qingdun.web import jobs
from qingdun.web.imports import actions, preview
from qingdun.web.imports.actions import NotNow
from qingdun.web.imports.history import history_of
from qingdun.web.imports.reading import NotUsable
from qingdun.web.imports.register import Register, registers
from qingdun.web.imports.rows import What
from qingdun.web.machine.lists import asking, page
from qingdun.web.machine.shapes import Body, Rows
from qingdun.web.models import Import, ImportPart


class ImportOut(Schema):
    """`into`: the register's key. `state`: reading, ready (to be accepted), writing, done, same (nothing to change),
    refused or dropped. `done` of `total`: the rows its background job has come to.
    """

    id: int
    into: str = Field(alias="register")
    name: str
    by: str | None
    at: datetime
    digest: str
    state: str
    problem: str
    counts: dict[str, int]
    result: dict[str, int]
    done: int
    total: int

    @staticmethod
    def resolve_by(given: Import) -> str | None:
        return given.by.username if given.by else None

    @staticmethod
    def resolve_result(given: Import) -> dict[str, int]:
        return {key: value for key, value in given.result.items() if isinstance(value, int)}

    @staticmethod
    def resolve_done(given: Import) -> int:
        return jobs.seen(given.job).done if given.job else 0

    @staticmethod
    def resolve_total(given: Import) -> int:
        return given.job.total if given.job else 0


class FaultOut(Schema):
    column: str
    reason: str


class RowOut(Schema):
    """`row`: its number in the file. `changes`: column → what it is, what it becomes."""

    row: int
    what: str
    name: str
    changes: dict[str, tuple[str, str]]
    faults: list[FaultOut]


class PreviewOut(Schema):
    total: int
    page: int
    size: int
    rows: list[RowOut]


class Accepted(Body):
    take: list[Literal["new", "changed"]] = Field(min_length=1, max_length=2)


class Asking(Schema):
    what: Literal["new", "changed", "unchanged", "wrong"] | None = None
    q: str = Field("", max_length=100)
    page: int = Field(1, ge=1, le=1_000_000)
    size: int = Field(100, ge=1, le=1000)


def mount(router: Router, room: str) -> None:
    listing = history_of(room)
    turns = asking(listing)
    kinds: Any = Literal[tuple(one.kind for one in registers(room).values())]

    @router.get("/imports", response=Rows[ImportOut], operation_id=f"{room}_imports", summary="导入记录")
    def several(request: HttpRequest, turn: Query[turns]) -> Any:  # type: ignore[valid-type]
        return page(request, listing, turn)

    @router.post(
        "/imports/into/{kind}",
        response={202: ImportOut},
        operation_id=f"{room}_import_upload",
        summary="上传表格，后台读取并生成预览",
    )
    def upload(request: HttpRequest, kind: kinds, file: File[UploadedFile]) -> Any:
        register = registers()[f"{room}.{kind}"]
        policy.require(request.user, register.permission)
        try:
            return Status(202, actions.upload(register, file.name or "", file.read(), by=request.user))
        except NotUsable as refused:
            raise ValidationError({"file": str(refused)}) from None

    @router.get("/imports/{int:pk}", response=ImportOut, operation_id=f"{room}_import", summary="一次导入及其进度")
    def single(request: HttpRequest, pk: int) -> Any:
        return _one(request, room, pk)[0]

    @router.get(
        "/imports/{int:pk}/rows",
        response=PreviewOut,
        operation_id=f"{room}_import_rows",
        summary="一次导入的逐行预览",
    )
    def rows(request: HttpRequest, pk: int, asked: Query[Asking]) -> Any:
        return _rows(_own(request, room, pk), asked)

    @router.post(
        "/imports/{int:pk}/accept",
        response={202: ImportOut},
        operation_id=f"{room}_import_accept",
        summary="确认写入所选类别的行",
    )
    def accept(request: HttpRequest, pk: int, body: Accepted) -> Any:
        try:
            return Status(
                202, actions.accept(_own(request, room, pk), [What(one) for one in body.take], by=request.user)
            )
        except NotNow as refused:
            raise HttpError(409, str(refused)) from None

    @router.post(
        "/imports/{int:pk}/drop", response=ImportOut, operation_id=f"{room}_import_drop", summary="放弃一次导入的预览"
    )
    def drop(request: HttpRequest, pk: int) -> Any:
        try:
            actions.drop(_own(request, room, pk), by=request.user)
        except NotNow as refused:
            raise HttpError(409, str(refused)) from None
        return _one(request, room, pk)[0]


def _one(request: HttpRequest, room: str, pk: int) -> tuple[Import, Register]:
    return preview.find(request.user, room, pk)


def _own(request: HttpRequest, room: str, pk: int) -> Import:
    return preview.own(request.user, room, pk)[0]


def _rows(given: Import, asked: Asking) -> dict[str, Any]:
    try:
        found = preview.rows(given, asked.what or "", asked.q)
    except ImportPart.DoesNotExist:
        raise Http404(given.pk) from None
    start = (asked.page - 1) * asked.size
    return {
        "total": found.height,
        "page": asked.page,
        "size": asked.size,
        "rows": [preview.as_dict(row) for row in found[start : start + asked.size].iter_rows(named=True)],
    }
