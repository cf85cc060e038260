"""What every request of the machine interface passes: shape, size, who it is, how often, once only.

A bearer token counts here and nowhere else, so it never opens a page; a request with a token never falls back to the
session that a browser may have sent beside it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache
from hashlib import blake2b
from ipaddress import ip_address
from urllib.parse import unquote_to_bytes

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotModified
from django.utils import timezone
from django.utils.translation import gettext as _

from qingdun.access import tokens
from qingdun.access.models import Account
from qingdun.lib.home import home
from qingdun.lib.rate import Limit, Limiter
from qingdun.web.machine import once
from qingdun.web.machine.problems import as_problem, problem

BASE = "/api/v1/"
JSON, FILES = "application/json", "multipart/form-data"
#: A token may not even knock at the doors of power over power, whatever they would answer.
FOR_PEOPLE = (f"{BASE}powers/", f"{BASE}access/")
BUT = frozenset({f"{BASE}access/me"})
MINUTE = 60.0
Respond = Callable[[HttpRequest], HttpResponseBase]


class Door:
    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(BASE):
            return self.respond(request)
        refused = _too_strange(request) or _enter(request) or _too_often(request)
        response = as_problem(request, refused or self._answer(request))
        return _unless_known(request, response)

    def _answer(self, request: HttpRequest) -> HttpResponseBase:
        keyed = once.HEADER in request.headers and request.method in once.WRITES
        if keyed and isinstance(request.user, Account):
            return once.once(request, request.user, self.respond)
        return self.respond(request)


def _too_strange(request: HttpRequest) -> HttpResponse | None:
    """What is refused before anybody asks who sent it."""
    written = f"{request.path_info}?{request.META.get('QUERY_STRING', '')}"
    if "\0" in written or b"\0" in unquote_to_bytes(written):
        return problem(request, 400, _("地址里有 NUL 字符。"))
    size = request.META.get("CONTENT_LENGTH") or "0"
    media = request.content_type or ""
    if size.isdigit() and int(size) > (settings.API_MOST_FILE if media == FILES else settings.API_MOST_BODY):
        most = (settings.API_MOST_FILE if media == FILES else settings.API_MOST_BODY) >> 10
        return problem(request, 413, _("请求体不得超过 %d KiB。") % most)
    if size not in ("", "0") and media not in (JSON, FILES):
        return problem(request, 415, _("请求体须为 JSON（Content-Type: application/json）。"))
    return None


def _enter(request: HttpRequest) -> HttpResponse | None:
    """Sets `request.user` and `request.token` for a bearer token; a session was read by Django before."""
    given = request.headers.get("Authorization")
    if given is None:
        return None
    address = request.META.get("REMOTE_ADDR") or ""
    if wait := _take(f"wrong {_place(address)}", Limit(settings.API_RATE_WRONG, MINUTE), peek=True):
        return problem(request, 429, _("这个地址送来的无效令牌太多。"), wait=wait)
    kind, _sep, text = given.partition(" ")
    try:
        if kind.lower() != "bearer":
            raise tokens.Refused(tokens.UNKNOWN)
        account, token = tokens.holder(text.strip(), address, timezone.now())
    except tokens.Refused as refused:
        _take(f"wrong {_place(address)}", Limit(settings.API_RATE_WRONG, MINUTE))
        return problem(request, 401, refused.words, kind=refused.kind)
    request.user, request.token = account, token  # type: ignore[attr-defined]
    if request.path_info.startswith(FOR_PEOPLE) and request.path_info not in BUT:
        return problem(request, 403, _("这项操作须本人登录办理，不能用接口令牌。"), kind="person-only")
    return None


def _too_often(request: HttpRequest) -> HttpResponse | None:
    token, user = getattr(request, "token", None), request.user
    who = f"token {token.pk}" if token else f"account {user.pk}" if user.is_authenticated else ""
    place = _place(request.META.get("REMOTE_ADDR") or "")
    for key, most in (
        ((f"address {place}", settings.API_RATE_ADDRESS), (who, settings.API_RATE))
        if who
        else ((f"nobody {place}", settings.API_RATE_NOBODY),)
    ):
        if wait := _take(key, Limit(most, MINUTE)):
            return problem(request, 429, _("每分钟最多 %d 次请求，请稍后再试。") % most, wait=wait)
    return None


def _take(key: str, limit: Limit, *, peek: bool = False) -> float:
    now = time.time()
    return _limiter().peek(key, limit, now) if peek else _limiter().take(key, limit, now)


@cache
def _limiter() -> Limiter:
    """One a process; what it counts lies in a file that all processes of this machine share."""
    return Limiter(home() / "api.rate")


def _place(address: str) -> str:
    """An IPv6 customer has 2^64 addresses: they count as one."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    return address if found.version == 4 else str(int(found) >> 64)


def _unless_known(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """An ETag on what is read, and nothing but 304 to who has it already."""
    if request.method != "GET" or response.status_code != 200 or not isinstance(response, HttpResponse):
        return response
    tag = f'"{blake2b(response.content, digest_size=12).hexdigest()}"'
    known = request.headers.get("If-None-Match", "")
    if tag in {one.strip().removeprefix("W/") for one in known.split(",")}:
        return HttpResponseNotModified(headers={"ETag": tag})
    response["ETag"] = tag
    return response
