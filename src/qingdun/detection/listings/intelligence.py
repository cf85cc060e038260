from __future__ import annotations

from typing import Any

from django.db.models import Count, OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from qingdun.detection.intelligence.asked import covering
from qingdun.detection.intelligence.shapes import Shape, shapes
from qingdun.detection.models import Feed, FeedRun, Indicator
from qingdun.detection.models.intelligence import CATEGORY_NAMES, KIND_NAMES, in_term
from qingdun.web.listing import Action, Column, Filter, Listing, choice, flag, text
from qingdun.web.marks import Shape as Mark
from qingdun.web.marks import Tone, mark

MAY = "detection.intelligence"
STANDING, OVER, FALSE, OFF = "standing", "over", "false", "off"
STATES = {STANDING: _("有效"), OVER: _("已过期"), FALSE: _("误报"), OFF: _("情报源停用")}
_MARKS: dict[str, tuple[Mark, Tone]] = {
    STANDING: ("circle", "ok"),
    OVER: ("square", "plain"),
    FALSE: ("triangle", "warn"),
    OFF: ("square", "plain"),
}
_FEED_MARKS: dict[str, tuple[Mark, Tone]] = {
    Feed.State.DONE: ("circle", "ok"),
    Feed.State.FAILED: ("triangle", "bad"),
    Feed.State.NEVER: ("square", "plain"),
}


def state_of(one: Indicator) -> str:
    if one.marked:
        return FALSE
    if one.valid_until and one.valid_until <= timezone.now():
        return OVER
    return STANDING if one.feed.on else OFF


def state_mark(one: Indicator) -> SafeString:
    return mark(STATES[state_of(one)], *_MARKS[state_of(one)])


def feed_mark(feed: Feed) -> SafeString:
    if not feed.on:
        return mark(_("已停用"), "square", "plain")
    return mark(feed.get_state_display(), *_FEED_MARKS[feed.state])


def shape_name(shape: Shape) -> str:
    """In the reader's language."""
    return shape.name_en if (get_language() or "zh").startswith("en") else shape.name


def shape_of(feed: Feed) -> str:
    shape = shapes().get(feed.shape)
    return shape_name(shape) if shape else feed.shape


def in_state(value: str) -> Q:
    now = timezone.now()
    match value:
        case "standing":
            return in_term(now) & Q(marked=False, feed__on=True)
        case "over":
            return Q(valid_until__lte=now, marked=False)
        case "false":
            return Q(marked=True)
        case "off":
            return in_term(now) & Q(marked=False, feed__on=False)
    raise ValueError(_("没有“%s”这个选项。") % value)


def _feeds(user: Any) -> list[tuple[str, Any]]:
    return [(str(pk), name) for pk, name in Feed.objects.visible_to(user).values_list("pk", "name")]


def _of_feed(value: str) -> Q:
    if not value.isascii() or not value.isdigit():
        raise ValueError(_("没有“%s”这个选项。") % value)
    return Q(feed=int(value))


INDICATORS: Listing[Indicator] = Listing(
    key="detection.indicators",
    title=pgettext_lazy("list", "威胁情报"),
    purpose=_("已知有害的地址、域名、网址与文件。日志遇到它们会标出来；单凭情报不会封禁任何地址。"),
    permission="detection.view",
    rows=Indicator.objects.visible_to,
    related=("feed",),
    link=lambda one: one.get_absolute_url(),
    columns=(
        Column("value", _("值"), lambda one: one.value, "code", sort=("value",)),
        Column("kind", _("类型"), lambda one: one.get_kind_display()),
        Column("category", _("情报类别"), lambda one: one.get_category_display()),
        Column("weight", _("权重"), lambda one: one.weight, "number"),
        Column("state", _("状态"), state_mark, export=lambda one: STATES[state_of(one)]),
        Column("feed", _("情报源"), lambda one: one.feed),
        Column("hits", _("命中"), lambda one: one.hits, "number", sort=("hits",)),
        Column("last_seen", _("最近命中"), lambda one: one.last_seen, "time"),
        Column("until", _("失效时间"), lambda one: one.valid_until, "time", sort=("valid_until",)),
        Column("added", _("收录时间"), lambda one: one.added, "time", shown=False),
    ),
    order=("-pk",),
    search=("value",),
    search_hint=_("值的一部分"),
    filters=(
        text("about", _("地址、网段或域名"), covering),
        choice("kind", _("类型"), [(kind.value, name) for kind, name in KIND_NAMES.items()]),
        choice("category", _("情报类别"), list(CATEGORY_NAMES.items())),
        Filter("feed", _("情报源"), "choice", _of_feed, _feeds),
        Filter("standing", _("状态"), "choice", in_state, lambda _user: tuple(STATES.items())),
        flag("met", _("有命中"), Q(hits__gt=0)),
    ),
    actions=(
        Action(pgettext_lazy("list", "情报源"), "detection:feeds", "rss"),
        Action(_("导出 STIX"), "detection:indicators_stix", "download", MAY),
        Action(_("登记情报"), "detection:indicator_new", "plus", MAY, primary=True),
    ),
    empty=_("从情报源获取、上传文件，或手工登记。"),
    icon="shield-alert",
)


def feeds_with_counts(user: Any) -> Any:
    newest = FeedRun.objects.filter(feed=OuterRef("pk")).order_by("-at", "-pk")
    return Feed.objects.visible_to(user).annotate(
        last_run=Subquery(newest.values("at")[:1]), last_problem=Subquery(newest.values("problem")[:1])
    )


FEEDS: Listing[Feed] = Listing(
    key="detection.feeds",
    title=pgettext_lazy("list", "情报源"),
    purpose=_("情报从哪里来、多久取一次、最近一次取得怎样。"),
    permission="detection.view",
    rows=feeds_with_counts,
    link=lambda feed: feed.get_absolute_url(),
    columns=(
        Column("name", _("名称"), lambda feed: feed.name, sort=("name",)),
        Column("shape", _("格式"), shape_of),
        Column("state", _("状态"), feed_mark, export=lambda feed: feed.get_state_display()),
        Column("last", _("最近获取"), lambda feed: getattr(feed, "last_run", None), "time"),
        Column("every", _("获取周期"), lambda feed: feed.get_every_display()),
        Column("next", _("下次获取"), lambda feed: feed.next_run if feed.on and feed.every else None, "time"),
    ),
    order=("name",),
    search=("name",),
    filters=(choice("state", _("状态"), Feed.State.choices), flag("on", _("启用"), Q(on=True))),
    actions=(
        Action(_("全部情报"), "detection:indicators", "list"),
        Action(_("新增情报源"), "detection:feed_new", "plus", MAY, primary=True),
    ),
    empty=_("还没有情报源。新增一个网址，或新增后上传文件。"),
    icon="rss",
)


def counts_of(feed: Feed) -> dict[str, int]:
    """All indicators of a feed, those that count now, those that were met."""
    standing = in_state(STANDING)
    return Indicator.objects.filter(feed=feed).aggregate(
        all=Count("pk"), standing=Count("pk", filter=standing), met=Count("pk", filter=Q(hits__gt=0))
    )
