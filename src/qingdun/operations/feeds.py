"""The lists that firewalls fetch, over HTTP with a key of their own and no session.

What is served is the file that the enforcing process wrote last, so a database that is down changes nothing: the list
stays as it was. While the database answers, a replaced key and a device that was switched off are refused at once.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import time
from functools import cache
from hashlib import sha256
from pathlib import Path

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from qingdun.lib.home import home
from qingdun.lib.rate import Limit, Limiter
from qingdun.operations.core import feed
from qingdun.operations.models import Enforcer

MEDIA = "text/plain; charset=utf-8"
WRONG = Limit(10, 60.0)  # wrong keys of one address
FETCHES = Limit(60, 60.0)  # by one key


@login_not_required
@require_safe
@never_cache
def serve(request: HttpRequest, number: int) -> HttpResponse:
    """List `number` of the device whose key this is: Basic (any user name, the key as password) or Bearer."""
    address = request.META.get("REMOTE_ADDR") or ""
    if wait := _limiter().peek(f"wrong {address}", WRONG, time.time()):
        return _refused(429, _("无效密钥太多，请稍后再试。"), wait)
    given = key_of(request.headers.get("Authorization", ""))
    digest = sha256(given.encode()).hexdigest() if given else ""
    if not digest or not _known(digest):
        if digest:
            _limiter().take(f"wrong {address}", WRONG, time.time())
        return _refused(401, _("请用设备的密钥取名单。"))
    if wait := _limiter().take(f"key {digest}", FETCHES, time.time()):
        return _refused(429, _("取得太频繁，请稍后再试。"), wait)
    return _answer(request, digest, number)


def key_of(header: str) -> str:
    """The key that an Authorization header carries; empty when it carries none."""
    kind, _space, rest = header.partition(" ")
    match kind.lower():
        case "bearer":
            return rest.strip()
        case "basic":
            try:
                return base64.b64decode(rest.strip(), validate=True).decode().partition(":")[2]
            except (binascii.Error, UnicodeDecodeError):
                return ""
        case _:
            return ""


def file_of(digest: str, number: int) -> Path:
    """Where the enforcing process leaves the lists of the device with this key's SHA-256."""
    return home() / "feeds" / f"{digest}-{number}.txt"


def _known(digest: str) -> bool:
    """Does a device that is on hold this key? Without the database its file vouches for it."""
    try:
        digests = list(Enforcer.objects.filter(on=True).exclude(token_digest="").values_list("token_digest", flat=True))
    except DatabaseError:
        return file_of(digest, 1).exists()
    return any(hmac.compare_digest(one, digest) for one in digests)


def _answer(request: HttpRequest, digest: str, number: int) -> HttpResponse:
    try:
        content = file_of(digest, number).read_bytes()
    except FileNotFoundError:
        if file_of(digest, 1).exists():
            return _refused(404, _("这台设备没有第 %d 份名单。") % number)
        return _refused(503, _("名单还没有生成，请稍后再取。"), 10)
    tag = feed.tag(content)
    _fetched(digest)
    if tag in {one.strip().removeprefix("W/") for one in request.headers.get("If-None-Match", "").split(",")}:
        return HttpResponseNotModified(headers={"ETag": tag})
    return HttpResponse(content, content_type=MEDIA, headers={"ETag": tag})


def _fetched(digest: str) -> None:
    """Leave a sign of when the device was last here; the enforcing process carries it into the records."""
    file_of(digest, 1).with_name(f"{digest}.seen").touch(mode=0o600)


def _refused(status: int, words: str, wait: float = 0) -> HttpResponse:
    response = HttpResponse(f"{words}\n", content_type=MEDIA, status=status)
    if status == 401:
        response["WWW-Authenticate"] = 'Basic realm="qingdun feeds", charset="UTF-8"'
    if wait:
        response["Retry-After"] = str(max(1, round(wait + 0.5)))
    return response


@cache
def _limiter() -> Limiter:
    """One a process; its counts lie in a file that all processes of this machine share."""
    return Limiter(home() / "feeds.rate", slots=1 << 12)
