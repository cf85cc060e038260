"""The only doors through which feeds and indicators change: permit, decide, save, audit, in one transaction.

None of them makes a block: what a feed says is weighed by rules, and a rule's word by policies.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from qingdun import audit
from qingdun.access import policy
from qingdun.access.models import Account
from qingdun.detection.core.indicators import CATEGORIES
from qingdun.detection.intelligence import files, material, sharing, sources, taking
from qingdun.detection.intelligence.shapes import shapes
from qingdun.detection.intelligence.taken import Taken, Unreadable
from qingdun.detection.models import Edition, Feed, FeedRun, Indicator
from qingdun.web import jobs

MAY = "detection.intelligence"
FIELDS = (*("name", "shape", "address", "folder", "credential", "inside", "category", "weight", "term", "every", "on"),)
RUN = "detection.feed"
_VARIABLE = re.compile(r"QINGDUN_[A-Z0-9_]{1,50}").fullmatch


@transaction.atomic
def exported(*, by: Account) -> str:
    """The newest indicators that count now, as a STIX 2.1 bundle; who took it along stands in the audit."""
    policy.require(by, MAY, policy.ROOT)
    standing = Indicator.objects.standing(timezone.now()).order_by("-pk")[: sharing.MOST]
    audit.record(by, MAY, "STIX 2.1", changes={"exported": (None, len(standing))})
    return sharing.bundle(standing)


@transaction.atomic
def add_feed(feed: Feed, *, by: Account, reason: str = "") -> Feed:
    """Raises ValidationError."""
    policy.require(by, MAY, policy.ROOT)
    _check(feed)
    feed.save(force_insert=True)
    audit.record(by, MAY, feed, reason, changes=_changes(Feed(), feed))
    return feed


@transaction.atomic
def change_feed(feed: Feed, *, by: Account, reason: str = "") -> Feed:
    """Save an edited feed. Switched off, its indicators no longer count. Raises ValidationError."""
    policy.require(by, MAY, policy.ROOT)
    before = Feed.objects.select_for_update().get(pk=feed.pk)
    if before.by_hand:
        raise ValidationError(_("手工登记的情报源由平台自己维护"))
    _check(feed)
    if changes := _changes(before, feed):
        if {"address", "folder", "shape"} & changes.keys():
            feed.taken_to = ""  # another place: from the beginning
        feed.next_run = None
        feed.save(update_fields=[*FIELDS, "taken_to", "next_run"])
        if "on" in changes:
            Edition.advance()
        audit.record(by, MAY, feed, reason, changes=changes)
    return feed


def _check(feed: Feed) -> None:
    shape, wrong = shapes().get(feed.shape), {}
    if shape is None or shape.format == "hand":
        wrong["shape"] = _("没有这种格式")
    elif shape.format == "taxii" and not feed.address:
        wrong["address"] = _("TAXII 要写集合的网址")
    if feed.address and not re.match(r"https?://[^/\s@]+(/|$)", feed.address):
        wrong["address"] = _("要写成 https://主机/路径 这样，不含口令")
    if feed.folder and (feed.folder.startswith(("/", "~")) or ".." in feed.folder.split("/")):
        wrong["folder"] = _("要写情报目录下的相对路径")
    if feed.credential and not _VARIABLE(feed.credential):
        wrong["credential"] = _("要写变量名，以 QINGDUN_ 开头，只含大写字母、数字和下划线；不要写口令本身")
    if feed.every and not (feed.address or feed.folder):
        wrong["every"] = _("没有网址也没有目录，不能自动获取")
    if wrong:
        raise ValidationError(wrong)
    feed.full_clean()


def _changes(before: Feed, after: Feed) -> dict[str, tuple[object, object]]:
    pairs = {name: (getattr(before, name), getattr(after, name)) for name in FIELDS}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


@transaction.atomic
def ask_run(feed: Feed, *, by: Account) -> None:
    """Fetch it as soon as a worker is free. Raises ValidationError when it cannot be fetched, or is being."""
    policy.require(by, MAY, policy.ROOT)
    if not (feed.address or feed.folder):
        raise ValidationError(_("没有网址也没有目录，请上传文件"))
    try:
        jobs.enqueue(RUN, by=by, about=str(feed.pk))
    except jobs.AlreadyRunning:
        raise ValidationError(_("正在获取，请稍候")) from None
    audit.record(by, MAY, feed, _("立即获取"))


def run(feed: Feed, *, by: Account | None = None) -> FeedRun:
    """Fetch and take in; a failure is kept as the run's own words and never raised."""
    started = timezone.now()
    every = timedelta(hours=feed.every) if feed.every else None
    Feed.objects.filter(pk=feed.pk).update(next_run=started + every if every else None)
    try:
        taken, source = sources.take(feed)
        done = taking.accept(feed, taken, by=by, source=source)
    except Unreadable as error:
        return _failed(feed, by, str(error))
    material.prepare()  # here, so that the committer finds it ready
    return done


@transaction.atomic
def _failed(feed: Feed, by: Account | None, problem: str) -> FeedRun:
    Feed.objects.filter(pk=feed.pk).update(state=Feed.State.FAILED)
    return FeedRun.objects.create(feed=feed, at=timezone.now(), by=by, problem=problem[:2000])


def read_file(feed: Feed, content: bytes, name: str) -> Taken:
    """What an uploaded file holds for this feed. Raises `Unreadable`."""
    shape = shapes().get(feed.shape)
    if shape is None or not shape.is_file:
        raise Unreadable(_("“%s”的格式不能上传文件") % feed)
    return files.read(content, shape, name)


def take_file(feed: Feed, content: bytes, name: str, *, by: Account) -> FeedRun:
    """Take an uploaded file in. Raises `Unreadable`: then nothing of it counts."""
    policy.require(by, MAY, policy.ROOT)
    taken = read_file(feed, content, name)
    taken.up_to = ""
    return taking.accept(feed, taken, by=by, source=_("上传：%s") % name)


def add_by_hand(
    text: str, *, category: str, weight: int, days: int, note: str, by: Account, kind: str = ""
) -> list[Indicator]:
    """Enter values, one a line; all of them or, with the reasons, none. Raises ValidationError."""
    policy.require(by, MAY, policy.ROOT)
    if category not in CATEGORIES:
        raise ValidationError({"category": _("没有这个类别")})
    taken, lines = Taken(), [line for line in text.splitlines() if line.strip()]
    end = timezone.now() + timedelta(days=days) if days else None
    for number, line in enumerate(lines, 1):
        taken.take(line, f"第 {number} 行", kind=kind, category=category, weight=weight, note=note, until=end)
    if not lines or taken.refused:
        problems = [one.first for one in taken.refused.values()] or [_("请至少填一条")]
        raise ValidationError({"values": problems})
    feed, values = by_hand(), [row[1] for row in taken.rows]
    with transaction.atomic():
        done = taking.accept(feed, taken, by=by, source=_("手工登记"))
        if done.refused:
            raise ValidationError({"values": [str(first) for _why, _count, first in done.reasons]})
    return list(Indicator.objects.filter(feed=feed, value__in=values))


def by_hand() -> Feed:
    """The feed of what people enter one by one, made when first needed."""
    words = {"name": _("手工登记"), "shape": "hand"}
    return Feed.objects.get_or_create(by_hand=True, defaults=words)[0]


def mark(indicator: Indicator, reason: str, *, by: Account) -> int:
    """Say that a value is harmless, whichever feeds name it; until that is undone it meets nothing. How many rows.

    Raises ValidationError without a reason.
    """
    if len(reason.strip()) < 2:
        raise ValidationError({"reason": _("请写明为什么是误报")})
    told = {"marked": True, "mark_reason": reason.strip()[:200], "marked_by": by, "marked_at": timezone.now()}
    return _mark(indicator, told, by, reason.strip())


def unmark(indicator: Indicator, *, by: Account, reason: str = "") -> int:
    """Let it count again."""
    return _mark(indicator, {"marked": False, "mark_reason": "", "marked_by": None, "marked_at": None}, by, reason)


@transaction.atomic
def _mark(indicator: Indicator, told: dict[str, Any], by: Account, reason: str) -> int:
    policy.require(by, MAY, policy.ROOT)
    same = Indicator.objects.filter(kind=indicator.kind, value=indicator.value)
    changed = same.exclude(marked=told["marked"]).update(**told)
    if changed:
        Edition.advance()
        audit.record(by, MAY, indicator, reason, changes={"marked": (not told["marked"], told["marked"])})
    return changed
