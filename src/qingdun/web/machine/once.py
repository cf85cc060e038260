"""A write that carries an `Idempotency-Key` happens once, however often it is sent.

The key is claimed before anything is done, in a transaction of its own, so that a second sender at the same moment is
told to wait. What the operation changes and what it answered are committed together: after a crash the claim stands
without an answer, hence nothing was changed, and may be taken over. A refusal changed nothing and is not kept.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _

from qingdun.access.models import Account
from qingdun.web.jobs import ANSWERS_KEPT
from qingdun.web.machine.problems import problem
from qingdun.web.models import KeptAnswer
from qingdun.web.requests import keeps_answer

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
ABANDONED = timedelta(minutes=5)  # longer than any request may take
LONGEST_KEY = 200
LONGEST_ANSWER = 1 << 20


def once(
    request: HttpRequest, account: Account, respond: Callable[[HttpRequest], HttpResponseBase]
) -> HttpResponseBase:
    """The answer of `respond`, or the one it gave when this account first sent this key."""
    key = request.headers[HEADER]
    if not (0 < len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
        return problem(request, 400, _("Idempotency-Key 须为 1 至 %d 个可见的 ASCII 字符。") % LONGEST_KEY)
    digest = _digest(request)
    kept = _claimed(account, key, digest)
    if isinstance(kept, KeptAnswer):
        return _repeat(request, kept, digest)
    try:
        with transaction.atomic():
            response = respond(request)
            if response.status_code < 400:
                _keep(request, account, key, response)
            else:
                transaction.set_rollback(True)
    except BaseException:
        _forget(account, key)
        raise
    if response.status_code >= 400:
        _forget(account, key)
    return response


def _claimed(account: Account, key: str, digest: str) -> KeptAnswer | None:
    """None when the key is now ours; else what already stands under it."""
    now = timezone.now()
    try:
        with transaction.atomic():
            KeptAnswer.objects.create(account=account, key=key, digest=digest, claimed=now)
    except IntegrityError:
        pass
    else:
        return None
    kept = KeptAnswer.objects.filter(account=account, key=key).first()
    if kept is None:  # refused and forgotten between our two questions
        return _claimed(account, key, digest)
    spent = now - kept.claimed > (ANSWERS_KEPT if kept.status else ABANDONED)
    mine = KeptAnswer.objects.filter(pk=kept.pk, claimed=kept.claimed)
    if spent and mine.update(claimed=now, digest=digest, status=0, body="", media=""):
        return None
    return kept


def _repeat(request: HttpRequest, kept: KeptAnswer, digest: str) -> HttpResponse:
    if kept.digest != digest:
        return problem(request, 422, _("这个 Idempotency-Key 已用于内容不同的请求，请换一个。"), kind="key-reused")
    if not kept.status:
        return problem(request, 409, _("同一个请求正在处理，请稍后再取结果。"), kind="in-progress", wait=1)
    if not kept.media and kept.status != 204:
        return problem(request, 409, _("请求早已完成，它的结果只显示一次，不再重复。"), kind="answered-once")
    response = HttpResponse(kept.body, status=kept.status, content_type=kept.media or None)
    response[REPLAYED] = "true"
    return response


def _keep(request: HttpRequest, account: Account, key: str, response: HttpResponseBase) -> None:
    body, media = "", ""
    if isinstance(response, HttpResponse) and keeps_answer(request):
        text = response.content.decode("utf-8", "replace")
        if len(text) <= LONGEST_ANSWER:
            body, media = text, response.headers.get("Content-Type", "")
    KeptAnswer.objects.filter(account=account, key=key).update(status=response.status_code, body=body, media=media)


def _forget(account: Account, key: str) -> None:
    KeptAnswer.objects.filter(account=account, key=key, status=0).delete()


def _digest(request: HttpRequest) -> str:
    """Of everything that makes two requests the same one."""
    whole = sha256()
    for part in (request.method or "", request.get_full_path(), request.headers.get("Content-Type", "")):
        whole.update(part.encode() + b"\0")
    whole.update(request.body)
    return whole.hexdigest()
