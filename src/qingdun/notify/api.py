"""`/api/v1/notify/`: the own message box."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, cast

from django.http import HttpRequest
from ninja import Field, Router, Schema

from qingdun.access.models import Account
from qingdun.notify import actions
from qingdun.notify.models import Message

router = Router()
Size = Annotated[int, Field(ge=1, le=200)]


class Told(Schema):
    """One message of the caller's own box."""

    id: int
    kind: str
    title: str
    text: str
    link: str
    sent: datetime
    read: datetime | None


class Box(Schema):
    """A page of the box, newest first; `next` is the `before` of the page after it."""

    unread: int
    items: list[Told]
    next: int | None


@router.get("/messages", response=Box, operation_id="notify_messages", summary="我的消息")
def messages(request: HttpRequest, before: int | None = None, limit: Size = 50) -> dict[str, object]:
    """The caller's messages, newest first; with `before`, those older than that one."""
    own = Message.objects.filter(account=cast(Account, request.user))
    rows = list((own.filter(pk__lt=before) if before else own)[: limit + 1])
    return {
        "unread": own.filter(read=None).count(),
        "items": rows[:limit],
        "next": rows[limit - 1].pk if len(rows) > limit else None,
    }


@router.post("/messages/read", response=dict[str, int], operation_id="notify_read", summary="全部标为已读")
def read(request: HttpRequest) -> dict[str, int]:
    """Mark everything in the caller's box as read: `{"read": how many}`."""
    return {"read": actions.read_all(cast(Account, request.user))}
