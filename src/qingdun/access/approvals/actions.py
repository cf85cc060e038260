"""The doors through which an approval moves: lock, permit, ask the core, save, carry out, tell, audit."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, transaction
from django.db.models import Model, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from qingdun import audit
from qingdun.access import policy
from qingdun.access.approvals import desks, registry
from qingdun.access.approvals.registry import NotPossible
from qingdun.access.core import standing
from qingdun.access.core.flow import Granter
from qingdun.access.core.standing import Refused, State, Verdict, WrongMove
from qingdun.access.models import Account, Approval, ApprovalEvent, Beneficiary, Decision, Person, Unit

What = ApprovalEvent.What
RESEATED = "reseated"  # told beside `What`: it has come to another desk by itself
LONGEST = 2000  # characters of a reason


@transaction.atomic
def ask(
    kind: str,
    *,
    by: Account,
    unit: Unit,
    reason: str,
    asked: Mapping[str, Any],
    subject: Model | None = None,
    people: Iterable[Person] = (),
    title: str = "",
    earlier: Approval | None = None,
) -> Approval:
    """Put a request on its way. `unit` owns what is asked for: level and territory of the deciders follow from it.

    `people` are those who benefit beside the requester; they decide nothing on it. `asked` must go into JSON.
    `title` says in a line what is asked for, by default the subject or the requester. `earlier` is the returned
    request this one replaces. Raises PermissionDenied, NotPossible.
    """
    flow = registry.flow(kind)
    registry.carrier(kind)
    if not by.is_active or (flow.ask and not policy.may(by, flow.ask, unit)):
        raise PermissionDenied(_("您不能提出“%s”") % flow.name)
    if earlier is not None and (earlier.requester_person_id != by.person_id or earlier.state != State.RETURNED):
        raise NotPossible(_("只能修改后重新提交自己被退回的申请"))
    rule, today = flow.on(timezone.localdate()), timezone.localdate()
    approval = Approval(
        kind=kind,
        rule=dict(rule.document),
        digest=rule.digest,
        requester=by,
        requester_person_id=by.person_id,
        unit=unit,
        desk=unit,
        subject_type=subject._meta.label_lower if subject else "",
        subject_id=str(subject.pk) if subject else "",
        subject=str(subject)[:200] if subject else "",
        title=(title or str(subject or by.person))[:200],
        asked=json.loads(_json(asked)),
        reason=_reason(reason),
        once=hashlib.sha256(_json(asked).encode()).hexdigest(),
        earlier=earlier,
        created=timezone.now(),
    )
    approval.standing = standing.start(rule.steps, today)
    _enter(approval, people)
    _seat(approval)
    approval.save()
    _happened(approval, What.ASKED, by, approval.reason)
    audit.record(by, "access.ask", approval, approval.reason, changes=_pairs({"kind": kind, **approval.asked}))
    return approval


@transaction.atomic
def decide(
    approval: Approval, verdict: str, *, by: Account, reason: str = "", code: str = "", on_behalf: Account | None = None
) -> Approval:
    """Say one natural person's word on the step it is in. The last agreeing one carries it out, in this transaction.

    `on_behalf`: use this delegator's power and no other. Raises PermissionDenied, NotPossible, ValueError for a
    verdict there is none of.
    """
    said, mine = Verdict(verdict), _locked(approval)
    _refuse_stale(approval, mine)
    holder = _decider(mine, by, on_behalf)
    text = _grounds(mine, said, reason, code)
    rule, here = mine.read_rule(), mine.step
    now = _moved(lambda at: standing.decide(at, said, rule.steps, timezone.localdate()), mine)
    Decision.objects.create(
        approval=mine,
        step=here,
        verdict=said,
        code=code,
        reason=text,
        by=by,
        person_id=by.person_id,
        on_behalf=holder if holder.pk != by.pk else None,
        behalf_person_id=holder.person_id if holder.pk != by.pk else None,
        permission=mine.permission,
        role=_hat(holder, mine.permission),
        at=timezone.now(),
    )
    before = mine.state, mine.step
    _stand(mine, now)
    if mine.state == State.AGREED:
        registry.carrier(mine.kind)(mine)
    registry.tell(mine, said)
    changes = {"verdict": (None, said.value), "state": (before[0], mine.state), "step": (before[1], mine.step)}
    if holder.pk != by.pk:
        changes["on_behalf"] = (None, str(holder))
    audit.record(by, "access.decide", mine, text, changes=changes)
    return mine


@transaction.atomic
def withdraw(approval: Approval, *, by: Account, reason: str = "") -> Approval:
    """Taken back by its requester while undecided. Raises PermissionDenied, NotPossible."""
    mine = _own(approval, by)
    _stand(mine, _moved(standing.withdraw, mine))
    text = reason.strip()[:LONGEST]
    _happened(mine, What.WITHDRAWN, by, text)
    audit.record(by, "access.withdraw", mine, text)
    return mine


@transaction.atomic
def ask_supplement(approval: Approval, *, by: Account, reason: str) -> Approval:
    """一次性补正: tell the requester, once and completely, what is missing; the clock stops meanwhile."""
    mine = _locked(approval)
    _decider(mine, by, None)
    text, patience = _reason(reason), mine.read_rule().patience
    _stand(mine, _moved(lambda at: standing.ask_supplement(at, patience, timezone.localdate()), mine))
    _happened(mine, What.WANTED, by, text)
    audit.record(by, "access.ask_supplement", mine, text)
    return mine


@transaction.atomic
def supplement(approval: Approval, *, by: Account, text: str) -> Approval:
    """The requester supplies what was missing; the clock goes on. Raises PermissionDenied, NotPossible."""
    mine = _own(approval, by)
    given = _reason(text)
    _stand(mine, _moved(lambda at: standing.supplement(at, timezone.localdate()), mine))
    _happened(mine, What.SUPPLIED, by, given)
    audit.record(by, "access.supplement", mine, given)
    return mine


@transaction.atomic
def extend(approval: Approval, days: int, *, by: Account, reason: str) -> Approval:
    """延期: more working days for this step, once, granted by whom its rule names. Raises as `decide`."""
    mine = _locked(approval)
    if not may_extend(mine, by):
        raise PermissionDenied(_("您不能准予这个环节延期"))
    text, before = _reason(reason), mine.due
    _stand(mine, _moved(lambda at: standing.extend(at, days, mine.here), mine))
    _happened(mine, What.EXTENDED, by, text)
    audit.record(by, "access.extend", mine, text, changes={"due": (before, mine.due)})
    return mine


def may_extend(approval: Approval, by: Account) -> bool:
    """By the step's rule: whoever may decide it, or a holder of its permission higher in the tree."""
    rule = approval.here.extend
    if rule is None or approval.state != State.WAITING:
        return False
    if rule.by is Granter.DECIDER:
        return desks.holder_of(approval, by) is not None
    place = desks.above(approval)
    free = not Approval.objects.filter(desks.barred(by.person_id), pk=approval.pk).exists()
    return place is not None and free and place.holds(by)


@transaction.atomic
def expire(approval: Approval) -> Approval:
    """By the clock: end a request whose requester let the day for the supplement pass. Raises NotPossible."""
    mine = _locked(approval)
    _stand(mine, _moved(lambda at: standing.abandon(at, timezone.localdate()), mine))
    _happened(mine, What.EXPIRED, None, "")
    audit.record(None, "access.expire", mine)
    return mine


@transaction.atomic
def give_back(person: Person, *, by: Account | None, reason: str) -> int:
    """Return everything still open that this person asked for or benefits from: he has left or changed posts.

    Nothing is decided for a post that is no longer held. Gives how many were returned.
    """
    about = Q(requester_person=person) | Q(beneficiaries__person=person)
    rows = list(Approval.objects.open().filter(about).distinct().order_by("pk"))
    for one in rows:
        mine = _locked(one)
        _stand(mine, _moved(standing.give_back, mine))
        _happened(mine, What.GIVEN_BACK, by, reason)
        audit.record(by, "access.give_back", mine, reason)
    return len(rows)


@transaction.atomic
def reseat(approval: Approval) -> bool:
    """By the clock: when nobody is left at the desk, or somebody has come to the right one, move it there."""
    mine = _locked(approval)
    if mine.state != State.WAITING:
        return False
    before = (mine.permission, mine.reach, mine.desk_id, mine.besides)
    what = _place(mine)
    if before == (mine.permission, mine.reach, mine.desk_id, mine.besides):
        return False
    mine.save()
    _happened(mine, What(what) if what else What.MOVED, None, "")
    registry.tell(mine, RESEATED)
    audit.record(None, "access.reseat", mine, changes={"permission": (before[0], mine.permission)})
    return True


# --- what they share --------------------------------------------------------------------------------------------------


def _locked(approval: Approval) -> Approval:
    return Approval.objects.select_for_update(of=("self",)).select_related("unit", "desk").get(pk=approval.pk)


def _refuse_stale(seen: Approval, mine: Approval) -> None:
    """Somebody was quicker: what was decided on is no longer what stands there."""
    if (seen.state, seen.step) != (mine.state, mine.step):
        raise NotPossible(_("这份申请刚刚有了新的进展，请刷新后再看"))


def _own(approval: Approval, by: Account) -> Approval:
    mine = _locked(approval)
    if mine.requester_person_id != by.person_id or not by.is_active:
        raise PermissionDenied(_("只有申请人自己可以这样做"))
    return mine


def _decider(approval: Approval, by: Account, on_behalf: Account | None) -> Account:
    """By whose power `by` decides. Raises NotPossible where a reason can be given, else PermissionDenied."""
    if holder := desks.holder_of(approval, by, on_behalf):
        return holder
    if by.person_id == approval.requester_person_id:
        raise NotPossible(_("不能审核自己提出的申请"))
    if approval.beneficiaries.filter(person=by.person_id).exists():
        raise NotPossible(_("不能审核与本人有关的申请"))
    if Approval.objects.filter(desks.barred(by.person_id), pk=approval.pk).exists():
        raise NotPossible(_("您已审核过这份申请，同一自然人只能审核一次"))
    raise PermissionDenied(_("这个环节不由您审核"))


def _grounds(approval: Approval, verdict: Verdict, reason: str, code: str) -> str:
    """The reason's text; refusing needs one of the flow's codes beside it."""
    if verdict is Verdict.REJECT:
        if approval.read_rule().reason(code) is None:
            raise NotPossible(_("不同意须选择理由"))
    elif code:
        raise NotPossible(_("只有不同意才选择理由代码"))
    return _reason(reason) if verdict is not Verdict.AGREE else reason.strip()[:LONGEST]


def _reason(text: str) -> str:
    text = text.replace("\0", "").strip()
    if not text:
        raise NotPossible(_("请写明理由"))
    if len(text) > LONGEST:
        raise NotPossible(_("理由不得超过 %d 字") % LONGEST)
    return text


def _moved(move: Any, approval: Approval) -> standing.Standing:
    try:
        now: standing.Standing = move(approval.standing)
    except WrongMove as error:
        raise NotPossible(_refusal(error.why)) from None
    return now


def _refusal(why: Refused) -> str:
    return {
        Refused.OVER: _("这份申请已经办结"),
        Refused.WITH_REQUESTER: _("正在等申请人补正，补正后才能审核"),
        Refused.NOT_WITH_REQUESTER: _("现在没有要求补正"),
        Refused.SUPPLEMENTED: _("补正只能要求一次"),
        Refused.EXTENDED: _("这个环节已经延期过一次"),
        Refused.NO_EXTENSION: _("这个环节不能延期"),
        Refused.TOO_LONG: _("超出这个环节可以延长的天数"),
    }[why]


def _enter(approval: Approval, people: Iterable[Person]) -> None:
    """Save a new one with those it is for. The same request twice at once is one request."""
    try:
        with transaction.atomic():
            approval.save(force_insert=True)
    except IntegrityError:
        raise NotPossible(_("同样的申请正在审核，不必重复提交")) from None
    persons = {person.pk for person in people}
    Beneficiary.objects.bulk_create(Beneficiary(approval=approval, person_id=pk) for pk in sorted(persons))


def _stand(approval: Approval, now: standing.Standing) -> None:
    """Save where it stands now; still waiting, it goes to the desk of its step."""
    approval.standing = now
    if not now.open:
        approval.ended = timezone.now()
    elif now.state is State.WAITING:
        _seat(approval)
    approval.save()
    if not now.open and now.state is not State.AGREED:
        registry.let_go(approval)


def _seat(approval: Approval) -> None:
    before = (approval.permission, approval.desk_id)
    what = _place(approval)
    if what and before != (approval.permission, approval.desk_id):
        _happened(approval, What(what), None, "")


def _place(approval: Approval) -> str:
    place, what = desks.seat(approval)
    approval.permission, approval.reach, approval.desk = place.permission, place.reach.value, place.unit
    approval.besides = f",{','.join(sorted(place.besides))}," if place.besides else ""
    return what


def _happened(approval: Approval, what: ApprovalEvent.What, by: Account | None, text: str) -> None:
    ApprovalEvent.objects.create(approval=approval, what=what, step=approval.step, by=by, text=text, at=timezone.now())
    registry.tell(approval, what)


def _hat(holder: Account, permission: str) -> str:
    """The role through which the power is held, for the record."""
    return next((role.key for role in policy.roles_of(holder) if permission in role.may), "")


def _json(asked: Mapping[str, Any]) -> str:
    return json.dumps(dict(asked), cls=DjangoJSONEncoder, ensure_ascii=False, sort_keys=True)


def _pairs(asked: Mapping[str, Any]) -> dict[str, tuple[object, object]]:
    return {key: (None, value) for key, value in asked.items()}
