"""我的消息: the reader's own box; and, for who keeps the platform running, the channels outside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from qingdun.access import policy
from qingdun.access.models import Account
from qingdun.lib.faults import BrokenContent
from qingdun.notify import actions, channels
from qingdun.notify.core.channels import Channel
from qingdun.notify.models import Delivery, Message
from qingdun.web.marks import Shape, Tone

PAGE = 30
NEWEST = 30
MARKS: dict[str, tuple[Shape, Tone]] = {
    Delivery.State.WAITING: ("ring", "plain"),
    Delivery.State.SENT: ("circle", "ok"),
    Delivery.State.FAILED: ("square", "bad"),
}


@require_safe
def box(request: HttpRequest) -> HttpResponse:
    own = Message.objects.filter(account=cast(Account, request.user))
    unread = own.filter(read=None).count()
    rows = own.filter(read=None) if (only := request.GET.get("unread") == "1") else own
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    return render(request, "web/messages.html", {"page": page, "unread": unread, "only_unread": only})


@require_safe
def opened(request: HttpRequest, pk: int) -> HttpResponse:
    """Opening a message reads it. It leads on to the thing it speaks of, when there is one and nothing more to say."""
    message = get_object_or_404(Message, pk=pk, account=request.user)
    actions.read(message)
    inside = url_has_allowed_host_and_scheme(message.link, None) and message.link.startswith("/")
    if inside and not message.text:
        return redirect(message.link)
    return render(request, "web/message.html", {"message": message, "link": message.link if inside else ""})


@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    actions.read_all(cast(Account, request.user))
    return redirect("web:messages")


@dataclass(frozen=True, slots=True)
class Tried:
    """A delivery as its row shows it."""

    delivery: Delivery
    channel: str

    @property
    def shape(self) -> Shape:
        return MARKS[self.delivery.state][0]

    @property
    def tone(self) -> Tone:
        return MARKS[self.delivery.state][1]


@require_safe
def channel_page(request: HttpRequest) -> HttpResponse:
    """The channels and the newest deliveries. Addresses are secret and are not shown; titles are, contents are not."""
    policy.require(request.user, "notify.channels", channels)
    found, faults = _channels()
    named = {key: channel.title(get_language()) for key, channel in found.items()}
    newest = [Tried(one, named.get(one.channel, one.channel)) for one in Delivery.objects.all()[:NEWEST]]
    shown = [(channel, named[key], "、".join(channel.kinds)) for key, channel in found.items()]
    return render(request, "web/channels.html", {"channels": shown, "faults": faults, "newest": newest})


@require_POST
def try_channel(request: HttpRequest, key: str) -> HttpResponse:
    try:
        actions.try_channel(key, by=cast(Account, request.user))
    except KeyError:
        raise Http404(key) from None
    except BrokenContent as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("已放入队列，结果显示在下面。"))
    return redirect("web:channels")


def _channels() -> tuple[dict[str, Channel], list[str]]:
    try:
        return dict(channels.channels()), []
    except BrokenContent as error:
        return {}, [f"{fault.file.name}：{fault.problem}" for fault in error.faults]
