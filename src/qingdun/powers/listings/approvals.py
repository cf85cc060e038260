"""待我审核, 我发起的, 我处理过的: the three views a person has of the approvals around him."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from qingdun.access import approvals
from qingdun.access.core.standing import State
from qingdun.access.models import Approval
from qingdun.access.models.approvals import STATES
from qingdun.lib.workdays import workdays_between
from qingdun.web.listing import Action, Bulk, Column, Listing, States, choice, flag
from qingdun.web.marks import Shape, Tone, mark, pair

MARKS: dict[str, tuple[Shape, Tone]] = {
    State.WAITING: ("ring", "brand"),
    State.SUPPLEMENT: ("diamond", "warn"),
    State.AGREED: ("circle", "ok"),
    State.RETURNED: ("diamond", "warn"),
    State.REJECTED: ("triangle", "bad"),
    State.WITHDRAWN: ("square", "plain"),
    State.EXPIRED: ("square", "plain"),
}
SOON = 1  # working days left, from which a clock warns


def state_mark(approval: Approval) -> SafeString:
    return mark(dict(STATES)[State(approval.state)], *MARKS[approval.state])


def clock(approval: Approval) -> SafeString | str:
    """The working days left in its step, in shape and word; empty once it is over."""
    if approval.due is None:
        return ""
    left = workdays_between(timezone.localdate(), approval.due)
    if approval.state == State.SUPPLEMENT:
        return mark(gettext("等申请人补正，计时暂停"), "square", "plain")
    if left.days < 0:
        return mark(ngettext("逾期 %d 个工作日", "逾期 %d 个工作日", -left.days) % -left.days, "triangle", "bad")
    if left.days == 0:
        return mark(gettext("今天到期"), "diamond", "warn")
    words = ngettext("还剩 %d 个工作日", "还剩 %d 个工作日", left.days) % left.days
    return mark(words, *(("diamond", "warn") if left.days <= SOON else ("circle", "ok")))


def kind_of(approval: Approval) -> str:
    """As the flow was called when the approval was asked for."""
    return str(approval.rule["english" if _english() else "name"])


def step_of(approval: Approval) -> str:
    return str(approval.rule["steps"][approval.step]["english" if _english() else "name"])


def _english() -> bool:
    return (get_language() or "").startswith("en")


def _kinds(_user: Any) -> list[tuple[str, str]]:
    return [(key, flow.title(get_language())) for key, flow in approvals.flows().items()]


TITLE: Column[Approval] = Column(
    "title", _("事项"), lambda row: pair(row.title, kind_of(row)), export=lambda row: row.title
)
WHO: Column[Approval] = Column(
    "who",
    _("申请人"),
    lambda row: pair(row.requester_person, row.requester_person.unit),
    export=lambda row: row.requester_person,
)
STEP: Column[Approval] = Column("step", _("环节"), step_of)
CLOCK: Column[Approval] = Column("due", _("期限"), clock, sort=("due",), export=lambda row: row.due)
ASKED: Column[Approval] = Column("created", _("申请时间"), lambda row: row.created, "time", sort=("created",))
STATE: Column[Approval] = Column("state", _("状态"), state_mark, export=lambda row: row.get_state_display())
UNIT: Column[Approval] = Column("unit", _("归属单位"), lambda row: row.unit, shown=False)

KIND = choice("kind", _("类别"), _kinds)
RELATED = ("requester_person__unit", "unit")
SEARCH = ("title", "requester_person__name")


def _late() -> Q:
    return Q(state=State.WAITING, due__lt=timezone.localdate())


def _link(row: Approval) -> str:
    return row.get_absolute_url()


INBOX: Listing[Approval] = Listing(
    key="powers.inbox",
    title=pgettext_lazy("list", "待我审核"),
    purpose=_("轮到您审核的申请，快到期的在前。自己提出的、与自己有关的、已经审过的不会出现在这里。"),
    permission="",
    rows=Approval.objects.waiting_for,
    related=RELATED,
    link=_link,
    columns=(TITLE, WHO, STEP, CLOCK, ASKED, UNIT),
    order=("due", "pk"),
    search=SEARCH,
    search_hint=_("事项、申请人"),
    filters=(KIND, flag("late", _("已逾期"), _late)),
    bulk=(Bulk(_("批量审核"), "powers:approvals_together", "", "", "list-checks"),),
    empty=_("现在没有等您审核的申请。有新的申请时会发消息给您。"),
    icon="inbox",
)

MINE: Listing[Approval] = Listing(
    key="powers.asked",
    title=pgettext_lazy("list", "我的申请"),
    purpose=_("您提出的申请走到了哪一步、在等谁、还剩几个工作日。"),
    permission="",
    rows=Approval.objects.asked_by,
    related=RELATED,
    link=_link,
    columns=(TITLE, STATE, STEP, CLOCK, ASKED, UNIT),
    search=("title",),
    search_hint=_("事项"),
    filters=(KIND,),
    states=States("state", STATES),
    actions=(Action(_("提出申请"), "powers:ask", "plus", None, primary=True),),
    empty=_("需要角色、账号或其他许可时，在这里提出申请。"),
    icon="send",
)

DECIDED: Listing[Approval] = Listing(
    key="powers.decided",
    title=pgettext_lazy("list", "我审过的"),
    purpose=_("您审核过的申请，以及别人受您委托审核的申请。"),
    permission="",
    rows=Approval.objects.decided_by,
    related=RELATED,
    link=_link,
    columns=(TITLE, WHO, STATE, STEP, CLOCK, ASKED, UNIT),
    search=SEARCH,
    search_hint=_("事项、申请人"),
    filters=(KIND,),
    states=States("state", STATES),
    empty=_("您还没有审核过申请。"),
    icon="stamp",
)
