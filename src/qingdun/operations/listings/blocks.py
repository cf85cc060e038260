"""封禁名单: every address ever put forward, by where it stands in its life."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Case, CharField, Q, QuerySet, Value, When
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from qingdun.inventory.core import addresses
from qingdun.operations.indicators import addresses_in, sources_in, stood_on
from qingdun.operations.models import Block, Enforcer, Placement
from qingdun.operations.models.blocks import visible
from qingdun.operations.shown import in_words
from qingdun.web.listed import written
from qingdun.web.listing import Action, Bulk, Column, Filter, Listing, States, choice, day, text
from qingdun.web.marks import Shape, Tone, mark, pair

State = Block.State
#: The tabs: what a duty officer asks for, each with the states of a block that it holds.
PHASES: dict[str, tuple[Any, tuple[str, ...]]] = {
    "proposed": (_("候选"), (State.PROPOSED,)),
    "waiting": (_("待审批"), (State.WAITING,)),
    "standing": (_("封禁中"), (State.STANDING,)),
    "conflict": (_("冲突"), (State.CONFLICT,)),
    "dry": (_("演练"), (State.DRY,)),
    "ended": (_("已结束"), (State.LIFTED, State.EXPIRED, State.REFUSED, State.LAPSED)),
}
MARKS: dict[str, tuple[Shape, Tone]] = {
    State.PROPOSED: ("ring", "brand"),
    State.WAITING: ("diamond", "warn"),
    State.STANDING: ("circle", "ok"),
    State.CONFLICT: ("triangle", "bad"),
    State.DRY: ("ring", "plain"),
    State.LIFTED: ("square", "plain"),
    State.EXPIRED: ("square", "plain"),
    State.REFUSED: ("square", "plain"),
    State.LAPSED: ("square", "plain"),
}
PLACED: dict[str, tuple[Shape, Tone]] = {
    Placement.State.PENDING: ("ring", "brand"),
    Placement.State.PLACED: ("circle", "ok"),
    Placement.State.FAILED: ("triangle", "bad"),
    Placement.State.LEAVING: ("diamond", "warn"),
    Placement.State.GONE: ("square", "plain"),
    Placement.State.REFUSED: ("triangle", "bad"),
    Placement.State.LEFT_OUT: ("triangle", "warn"),
    Placement.State.COVERED: ("circle", "plain"),
    Placement.State.DRY: ("ring", "plain"),
}


def rows(user: Any) -> QuerySet[Block]:
    """Every block, with the tab it belongs to as `phase`, for whoever may see the list."""
    found = Block.objects.all() if visible(user) else Block.objects.none()
    whens = [When(state__in=states, then=Value(key)) for key, (_title, states) in PHASES.items()]
    return found.annotate(phase=Case(*whens, default=Value(""), output_field=CharField())).prefetch_related(
        "placements"
    )


def address_of(block: Block) -> str:
    return reverse("operations:block", args=[block.pk])


def state_mark(block: Block) -> SafeString:
    return mark(state_word(block), *MARKS[block.state])


def state_word(block: Block) -> str:
    """As the tabs call it: a decided block that has no end yet is in force."""
    standing = block.state == State.STANDING
    return gettext("封禁中") if standing else str(block.get_state_display())


def placement_mark(placement: Placement) -> SafeString:
    return mark(placement.get_state_display(), *PLACED[placement.state])


def devices(block: Block) -> SafeString | str:
    """How many devices said what, in shape and word."""
    found = Counter(one.state for one in block.placements.all())
    states = [(state, count) for state in PLACED if (count := found[state])]
    words = dict(Placement.State.choices)
    marks = ((mark(f"{words[Placement.State(state)]} {count}", *PLACED[state]),) for state, count in states)
    return format_html_join(" ", "{}", marks) if states else ""


def devices_said(block: Block) -> str:
    """The same without markup."""
    found = Counter(str(one.get_state_display()) for one in block.placements.all())
    return "；".join(f"{state} {count}" for state, count in found.items())


def term(block: Block) -> SafeString | str:
    """Until when, and how much of it is left."""
    if block.valid_until is None:
        return pair(gettext("长期"), "") if block.state == State.STANDING else gettext("长期")
    left = block.valid_until - timezone.now()
    if block.state != State.STANDING or left <= timedelta():
        return written(block.valid_until)
    return pair(written(block.valid_until), gettext("还剩 %s") % in_words(left))


def covers(given: str) -> Q:
    """The blocks that share an address with what was typed: an address or a network in CIDR form."""
    keys = addresses.span(given)
    if keys is None:
        raise ValueError(_("“%s”不是 IP 地址或网段。") % given)
    return Q(first_key__lte=keys[1], last_key__gte=keys[0])


def _within(first: date, following: date) -> Q:
    """Decided on a day from `first` on and before `following`, by the installation's clock."""
    return Q(decided__gte=_midnight(first), decided__lt=_midnight(following))


def _midnight(on: date) -> datetime:
    return datetime.combine(on, time(), tzinfo=timezone.get_default_timezone())


def _policies(_user: Any) -> list[tuple[str, str]]:
    named = Block.objects.exclude(policy="").order_by("policy").values_list("policy", flat=True).distinct()
    return [(key, key) for key in named]


def _attacks(_user: Any) -> list[tuple[str, str]]:
    named = Block.objects.exclude(attack="").order_by("attack").values_list("attack", flat=True).distinct()
    return [(key, key) for key in named]


def _enforcers(_user: Any) -> list[tuple[str, str]]:
    return [(str(pk), name) for pk, name in Enforcer.objects.values_list("pk", "name")]


def _on_device(key: str) -> Q:
    held = Placement.objects.filter(enforcer=int(key) if key.isdigit() else 0)
    return Q(pk__in=held.exclude(state=Placement.State.GONE).values("block"))


BLOCKS: Listing[Block] = Listing(
    key="operations.blocks",
    title=pgettext_lazy("list", "封禁名单"),
    purpose=_("哪些地址被封、凭什么、到何时，各台设备是否已经生效。"),
    permission="operations.view",
    rows=rows,
    related=("by__person",),
    link=address_of,
    columns=(
        Column("address", _("地址"), lambda block: block.address, "code", sort=("first_key",)),
        Column("state", _("状态"), state_mark, export=state_word),
        Column("devices", _("各设备"), devices, export=devices_said),
        Column("reason", _("理由"), lambda block: block.reason),
        Column("origin", _("来由"), lambda block: block.get_origin_display(), sort=("origin", "decided")),
        Column("decided", _("决定时间"), lambda block: block.decided, "time", sort=("decided",)),
        Column("until", _("止"), term, sort=("valid_until",), export=lambda block: block.valid_until),
        Column("hits", _("攻击次数"), lambda block: block.hits, "number", sort=("hits",)),
        Column("direction", _("方向"), lambda block: block.get_direction_display(), shown=False),
        Column("policy", _("策略"), lambda block: block.policy, shown=False),
        Column("attack", _("攻击类别"), lambda block: block.attack, shown=False),
        Column("offence", _("第几次"), lambda block: block.offence, "number", shown=False),
        Column("by", _("提出人"), lambda block: block.by.person if block.by else "", shown=False),
        Column("ended", _("结束时间"), lambda block: block.ended, "time", shown=False),
        Column("ended_why", _("结束原因"), lambda block: block.ended_why, shown=False),
    ),
    order=("-decided", "-pk"),
    search=("address", "reason"),
    search_hint=_("地址、理由"),
    filters=(
        text("covers", _("哪条封禁覆盖此地址"), covers),
        choice("origin", _("来由"), Block.Origin.choices),
        choice("policy", _("策略"), _policies),
        choice("attack", _("攻击类别"), _attacks),
        choice("direction", _("方向"), Block.Direction.choices),
        Filter("device", _("设备"), "choice", _on_device, _enforcers),
        day(
            "decided", _("决定日期"), lambda on: Q(decided__gte=_midnight(on), decided__lt=_midnight(on + timedelta(1)))
        ),
        Filter("sources_in", _("当期策略封禁的地址"), "hidden", sources_in),
        Filter("addresses_in", _("当期封禁的地址"), "hidden", addresses_in),
        Filter("stood_on", _("当日生效的封禁"), "hidden", stood_on),
        day("decided_from", _("决定日期起"), lambda on: Q(decided__gte=_midnight(on)), hidden=True),
        day("decided_to", _("决定日期至"), lambda on: Q(decided__lt=_midnight(on + timedelta(days=1))), hidden=True),
    ),
    states=States("phase", [(key, title) for key, (title, _states) in PHASES.items()]),
    actions=(
        Action(_("导入记录"), "operations:imports", "history", "operations.block"),
        Action(_("新增封禁"), "operations:block_new", "ban", "operations.block", primary=True),
    ),
    bulk=(
        Bulk(_("采纳"), "operations:blocks_accept", "operations.block", "", "check"),
        Bulk(_("拒绝"), "operations:blocks_refuse", "operations.block", "", "x"),
        Bulk(_("解封"), "operations:blocks_lift", "operations.block", "", "lock-open"),
    ),
    export="operations.view",
    register="operations.blocks",
    unit_path="",
    template="operations/list.html",
    empty=_("策略或值守人员提出封禁后，会列在这里。"),
    icon="ban",
)
