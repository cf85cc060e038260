"""日志格式 for programs: what can be read, trying a new one on lines, keeping and dropping those of the site."""

from typing import Any, cast

import yaml
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Field, Router, Schema
from ninja.responses import Status

from qingdun.access import policy
from qingdun.access.models import Account
from qingdun.logs import format_actions
from qingdun.logs.core.workshop import Choices, draft
from qingdun.logs.known import known, of_site
from qingdun.web.machine import Body

router = Router()
VIEW = "logs.view_sources"


class FormatOut(Schema):
    key: str
    name: str
    vendor: str
    device: str


class PastedIn(Body):
    """Lines of one device and what is decided of their format so far; an empty `body` is guessed."""

    lines: str = Field(max_length=65_536)
    name: str = ""
    vendor: str = ""
    device: str = "app"
    body: str = ""
    literals: list[str] = []
    ties: dict[str, list[str]] = {}
    values: dict[str, dict[str, str]] = {}


class KeyOut(Schema):
    name: str
    lines: int
    examples: list[str]
    suggested: str


class DraftOut(Schema):
    """`text` is the format file, empty while there are faults."""

    body: str
    keys: list[KeyOut]
    preview: list[dict[str, Any]]
    faults: list[str]
    text: str


class FormatIn(Body):
    """A format file as it stands, YAML with its own samples; it is kept only when it reads them as it says."""

    text: str = Field(min_length=1, max_length=65_536)
    reason: str = Field("", max_length=200)


@router.get("", response=list[FormatOut], operation_id="logs_formats", summary="日志格式")
def formats(request: HttpRequest) -> list[Any]:
    policy.require(request.user, VIEW)
    return list(known().values())


@router.post("/{key}/preview", response=DraftOut, operation_id="logs_format_preview", summary="格式预览")
def preview(request: HttpRequest, key: str, pasted: PastedIn) -> Any:
    """What lines would give under a format in the making; nothing is saved. See the workshop page."""
    policy.require(request.user, format_actions.MANAGE, format_actions.PLATFORM)
    choices = Choices(key=key, **pasted.dict(exclude={"lines"}))
    return draft(pasted.lines, choices, timezone.now(), str(timezone.get_default_timezone()))


@router.post("/{key}", response={201: FormatOut}, operation_id="logs_format_save", summary="保存日志格式")
def save(request: HttpRequest, key: str, body: FormatIn) -> Any:
    policy.require(request.user, format_actions.MANAGE, format_actions.PLATFORM)
    made = format_actions.save_format(key, _read(body.text), by=cast(Account, request.user), reason=body.reason)
    return Status(201, made)


@router.delete("/{key}", response={204: None}, operation_id="logs_format_remove", summary="删除自建的日志格式")
def remove(request: HttpRequest, key: str, reason: str = "") -> Any:
    policy.require(request.user, format_actions.MANAGE, format_actions.PLATFORM)
    if not of_site(key):
        raise Http404
    format_actions.remove_format(key, by=cast(Account, request.user), reason=reason[:200])
    return Status(204, None)


def _read(text: str) -> dict[str, Any]:
    try:
        found = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError):
        found = None
    if not isinstance(found, dict):
        raise ValidationError({"text": _("不是 YAML 的键值文件。")})
    return found
