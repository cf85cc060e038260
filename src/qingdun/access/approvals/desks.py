"""On whose desk an approval lies: who may decide a step, as a filter over all approvals and as people for one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from qingdun.access import policy
from qingdun.access.core.flow import At, Desk
from qingdun.access.core.standing import State
from qingdun.access.delegations import acting_for
from qingdun.access.models import Account, Approval, Beneficiary, Decision, Delegation, Grant, Unit
from qingdun.access.permissions import all_permissions
from qingdun.access.roster import roles

NOTHING = Q(pk__in=[])


@dataclass(frozen=True, slots=True)
class Place:
    """Where a step waits: the permission, how it must be held, measured from which unit, and by none of which roles."""

    permission: str
    reach: At
    unit: Unit
    besides: frozenset[str] = frozenset()

    def holds(self, account: Account) -> bool:
        """Does this account hold what it takes? Whether the person is barred is another question."""
        held = policy.scope(account, self.permission)
        if self.reach in (At.PLATFORM, At.OFFICERS):
            return held.covers(policy.ROOT) and not (self.reach is At.OFFICERS and _hats(account) & self.besides)
        if not held.covers(self.unit.path):
            return False
        if self.reach is At.UNIT:
            return True
        own = _given_at(held, _units(held.paths))
        if self.reach is At.NEAREST:
            return self.unit.path in own
        return any(self.unit.path.startswith(path) and level == self.unit.level for path, level in own.items())


def waiting_for(user: Any) -> Q:
    """The approvals `user` may decide now. A handful of queries, whatever there is to decide."""
    return Q(state=State.WAITING) & on_desk_of(user)


def on_desk_of(user: Any) -> Q:
    """Those on his desk, also while they are with their requester or after they ended there.

    Put together once for an account object, that is once a request; a decision asks `holder_of`, which reads anew.
    """
    if not isinstance(user, Account):
        return NOTHING
    powers = policy.powers(user)
    if user.desk_read is None or user.desk_read[0] is not powers:
        found = NOTHING
        for holder in _powers(user):
            found |= _reached(holder) & ~barred(holder.person_id)
        user.desk_read = (powers, found & ~barred(user.person_id))
    return user.desk_read[1]


def holder_of(approval: Approval, user: Account, on_behalf: Account | None = None) -> Account | None:
    """By whose power `user` sits at this approval's desk: his own first, then a delegator's. None: by nobody's."""
    row = Approval.objects.filter(~barred(user.person_id), pk=approval.pk)
    for holder in _powers(user):
        if on_behalf is not None and holder.pk != on_behalf.pk:
            continue
        if row.filter(_reached(holder) & ~barred(holder.person_id)).exists():
            return holder
    return None


def barred(person: int) -> Q:
    """Who asked, who benefits, and who has decided already, for himself or through a delegate."""
    had_a_say = Decision.objects.filter(Q(person=person) | Q(behalf_person=person), approval=OuterRef("pk"))
    benefits = Beneficiary.objects.filter(person=person, approval=OuterRef("pk"))
    return Q(requester_person=person) | Q(Exists(benefits)) | Q(Exists(had_a_say))


def candidates(approval: Approval) -> list[Account]:
    """The accounts that could decide the step it is in, by their own power."""
    return _able(place_of(approval), _barred_people(approval))


def deciders(approval: Approval) -> list[Account]:
    """Those, and whoever they let decide what waits for them."""
    own, today = candidates(approval), timezone.localdate()
    lent = Delegation.objects.filter(giver__in=own, grant=None, ended=None, starts__lte=today, ends__gte=today)
    takers = Account.objects.filter(pk__in=lent.values("taker"), is_active=True).exclude(pk__in=[one.pk for one in own])
    return own + [one for one in takers if holder_of(approval, one)]


def place_of(approval: Approval) -> Place:
    besides = frozenset(filter(None, approval.besides.split(",")))
    return Place(approval.permission, At(approval.reach), approval.desk, besides)


def seat(approval: Approval) -> tuple[Place, str]:
    """Where the current step is to wait, and "", "fallback" when its first desk is empty, or "stuck" when both are.

    An empty desk never decides anything: what nobody can decide waits.
    """
    step, out = approval.here, _barred_people(approval)
    wanted = step.deciders - approval.agreed
    for desk, what in ((step.desk, ""), (step.otherwise, "fallback")):
        if desk is not None and (place := _occupied(desk, approval, out, wanted)):
            return place, what
    return _place(step.otherwise or step.desk, approval), "stuck"


def above(approval: Approval) -> Place | None:
    """A place higher in the tree that may extend the term of this step; None at the top."""
    parent = approval.desk.parent
    return None if parent is None else Place(approval.permission, At.UNIT, parent)


def _place(desk: Desk, approval: Approval) -> Place:
    if desk.at in (At.PLATFORM, At.OFFICERS):
        root = Unit.objects.get(parent=None)
        return Place(desk.may, desk.at, root, _spoken_for(approval) if desk.at is At.OFFICERS else frozenset())
    return Place(desk.may, desk.at, approval.unit)


def _occupied(desk: Desk, approval: Approval, out: Collection[int], wanted: int) -> Place | None:
    """The desk with enough people at it, or None."""
    place = _place(desk, approval)
    places: Iterable[Place] = (place,) if desk.at is not At.NEAREST else _upwards(place)
    for one in places:
        persons = {account.person_id for account in _able(one, out)}
        if len(persons) >= wanted:
            return one
    return None


def _upwards(place: Place) -> Iterator[Place]:
    """The same desk at the unit itself, at its parent, and so on to the root."""
    for unit in Unit.objects.filter(path__in=_beginnings(place.unit.path)).order_by("-path"):
        yield replace(place, unit=unit)


def _able(place: Place, out: Collection[int]) -> list[Account]:
    keys = [role.key for role in roles().values() if place.permission in role.may]
    grants = Grant.objects.in_force(timezone.localdate()).filter(
        role__in=keys, unit__path__in=_beginnings(place.unit.path)
    )
    found = Account.objects.filter(pk__in=grants.values("account")).exclude(person__in=out).order_by("pk")
    return [account for account in found if place.holds(account)]


def _beginnings(path: str) -> list[str]:
    """`/city/edu/` → `/city/`, `/city/edu/`."""
    parts = path.strip("/").split("/")
    return [f"/{'/'.join(parts[: n + 1])}/" for n in range(len(parts))]


def _barred_people(approval: Approval) -> set[int]:
    """The same as `barred`, as people."""
    out = {approval.requester_person_id, *approval.beneficiaries.values_list("person", flat=True)}
    for person, behalf in approval.decisions.values_list("person", "behalf_person"):
        out |= {person, behalf} - {None}
    return out


def _spoken_for(approval: Approval) -> frozenset[str]:
    """The officers' roles that cannot sign: the one it is about, and those that have signed."""
    about = str(approval.asked.get("role", ""))
    return frozenset({about, *approval.decisions.values_list("role", flat=True)} - {""})


def _powers(user: Account) -> Iterator[Account]:
    """The accounts by whose power `user` may decide: his own first. What narrows him narrows what he was lent."""
    yield user
    for giver in acting_for(user):
        giver.narrowed_to = user.narrowed_to
        yield giver


def _reached(holder: Account) -> Q:
    """Every desk at which `holder` sits, as a filter."""
    by_scope: dict[policy.Scope, list[str]] = defaultdict(list)
    for permission in all_permissions():
        if held := policy.scope(holder, permission):
            by_scope[replace(held, permission="")].append(permission)
    units = _units({path for held in by_scope for path in held.paths})
    found = NOTHING
    for held, permissions in by_scope.items():
        found |= Q(permission__in=permissions) & _desks(held, _given_at(held, units), _hats(holder))
    return found


def _desks(held: policy.Scope, own: Mapping[str, str], hats: Collection[str]) -> Q:
    over = held.q("desk__path")
    found = Q(reach=At.UNIT) & over
    found |= Q(reach=At.NEAREST, desk__path__in=sorted(own)) & over
    for path, level in own.items():
        found |= Q(reach=At.LEVEL, desk__level=level, desk__path__startswith=path) & over
    if held.covers(policy.ROOT):
        found |= Q(reach=At.PLATFORM)
        officers = Q(reach=At.OFFICERS)
        for hat in hats:
            officers &= ~Q(besides__contains=f",{hat},")
        found |= officers
    return found


def _hats(account: Account) -> set[str]:
    return {role.key for role in policy.roles_of(account)}


def _units(paths: Iterable[str]) -> list[tuple[str, str, int | None]]:
    """(path, level, parent) of the units a scope names; the root's grants stand as `/` in it."""
    wanted = set(paths)
    which = Q(path__in=wanted) | (Q(parent=None) if policy.ROOT in wanted else NOTHING)
    return list(Unit.objects.filter(which).values_list("path", "level", "parent"))


def _given_at(held: policy.Scope, units: Iterable[tuple[str, str, int | None]]) -> dict[str, str]:
    """Path → level of the very units at which this scope was granted."""
    return {
        path: level
        for path, level, parent in units
        if path in held.paths or (parent is None and policy.ROOT in held.paths)
    }
