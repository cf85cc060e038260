"""People: entering, correcting, changing jobs, leaving. What a change ends can be asked before it is made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from qingdun import audit
from qingdun.access import policy
from qingdun.access.actions.accounts import offices_of, switch
from qingdun.access.actions.grants import NotLawful, put_an_end
from qingdun.access.models import Account, Approval, Delegation, Emergency, Grant, Person, Token, Unit
from qingdun.lib.personal import same

FIELDS = ("name", "post", "phone", "email", "joined")


@dataclass(frozen=True, slots=True)
class Ending:
    """What a change of job, or leaving, ends; `accounts` only when somebody leaves.

    `asked` goes back to its requester; `waiting` stays where it is, for others to decide.
    """

    grants: tuple[Grant, ...]
    delegations: tuple[Delegation, ...]
    emergencies: tuple[Emergency, ...]
    tokens: tuple[Token, ...]
    accounts: tuple[Account, ...]
    asked: tuple[Approval, ...]
    waiting: tuple[Approval, ...]


@transaction.atomic
def register_person(person: Person, *, by: Account | None) -> Person:
    """Enter a person. Raises ValidationError."""
    if by is not None:
        policy.require(by, "access.create", person)
    person.full_clean()
    person.save(force_insert=True)
    audit.record(by, "access.create", person, changes=_changes(None, person))
    return person


@transaction.atomic
def edit_person(person: Person, *, by: Account, reason: str = "") -> Person:
    """Correct name, post, phone, e-mail or the day of joining; the unit changes by `change_job`."""
    before = _locked(person)
    policy.require(by, "access.create", before)
    person.unit_id, person.left = before.unit_id, before.left
    person.full_clean()
    if changes := _changes(before, person):
        person.save(update_fields=list(FIELDS))
        audit.record(by, "access.create", person, reason, changes=changes)
    return person


def what_ends(person: Person, *, leaving: bool) -> Ending:
    """What a change of job ends (everything held or lent as one of the old unit), or leaving (everything)."""
    today, now = timezone.localdate(), timezone.now()
    mine = Q(giver__person=person) | Q(taker__person=person)
    emergencies = Emergency.objects.filter(account__person=person).in_force(now)
    about = Q(requester_person=person) | Q(beneficiaries__person=person)
    desks = [Approval.objects.waiting_for(one) for one in person.accounts.filter(is_active=True)]
    return Ending(
        tuple(Grant.objects.filter(account__person=person).standing(today).select_related("account", "unit")),
        tuple(Delegation.objects.filter(mine, ended=None, ends__gte=today).select_related("giver", "taker", "grant")),
        tuple(emergencies.select_related("account")),
        tuple(Token.objects.filter(account__person=person).living(now).select_related("account")),
        tuple(person.accounts.filter(is_active=True)) if leaving else (),
        tuple(Approval.objects.open().filter(about).distinct()),
        tuple({one.pk: one for rows in desks for one in rows}.values()),
    )


@transaction.atomic
def change_job(person: Person, unit: Unit, post: str, *, by: Account, reason: str) -> Ending:
    """Move a person to another unit. What was granted for the old job ends now; the new job's is asked for anew."""
    before = _movable(person, by)
    policy.require(by, "access.create", unit)
    if before.unit_id == unit.pk:
        raise NotLawful(_("%(person)s 已在%(unit)s") % {"person": before, "unit": unit})
    ended = _end(before, by=by, reason=reason, leaving=False)
    was = {"unit": (str(before.unit), str(unit)), "post": (before.post, post)}
    Person.objects.filter(pk=person.pk).update(unit=unit, post=post)
    audit.record(
        by, "access.change_job", before, reason, changes={key: pair for key, pair in was.items() if len({*pair}) > 1}
    )
    person.refresh_from_db()
    return ended


@transaction.atomic
def leave(person: Person, on: date, *, by: Account, reason: str) -> Ending:
    """A person leaves: accounts off, sessions, grants, delegations and emergencies end at once."""
    before = _movable(person, by)
    if on > timezone.localdate():
        raise NotLawful(_("离任日不能晚于今天：到那天再办理，免得权力先于人离开"))
    before.left = on
    before.full_clean()
    ended = _end(before, by=by, reason=reason, leaving=True)
    Person.objects.filter(pk=person.pk).update(left=on)
    audit.record(by, "access.leave", before, reason, changes={"left": (None, on)})
    person.refresh_from_db()
    return ended


def _movable(person: Person, by: Account) -> Person:
    found = _locked(person)
    policy.require(by, "access.create", found)
    if found.pk == by.person_id:
        raise NotLawful(_("不得办理自己的调动或离任"))
    if found.left:
        raise NotLawful(_("%s 已离任") % found)
    if offices_of(found.pk):
        raise NotLawful(_("%s 是三员之一，请先由另外两员会签免职") % found)
    return found


def _end(person: Person, *, by: Account, reason: str, leaving: bool) -> Ending:
    from qingdun.access import approvals  # its kinds are carried out by these actions

    ending, now = what_ends(person, leaving=leaving), timezone.now()
    approvals.give_back(person, by=by, reason=reason)
    put_an_end(Grant.objects.filter(pk__in=_keys(ending.grants)), by=by, reason=reason)
    for delegation in Delegation.objects.filter(pk__in=_keys(ending.delegations), ended=None):
        Delegation.objects.filter(pk=delegation.pk).update(ended=now, ended_why=reason[:200])
        put_an_end(Grant.objects.filter(delegation=delegation), by=by, reason=reason)
        audit.record(by, "access.end_delegation", delegation, reason)
    for emergency in ending.emergencies:
        Emergency.objects.filter(pk=emergency.pk).update(stopped=now)
        audit.record(by, "access.end_emergency", emergency, reason)
    for token in ending.tokens:
        Token.objects.filter(pk=token.pk).update(revoked=now)
        audit.record(by, "access.token_revoke", token, reason)
    for account in ending.accounts:
        switch(account, False, by=by, reason=reason)
    return ending


def _keys(rows: Iterable[Any]) -> list[int]:
    return [row.pk for row in rows]


def _locked(person: Person) -> Person:
    return Person.objects.select_for_update(of=("self",)).select_related("unit").get(pk=person.pk)


def _changes(before: Person | None, after: Person) -> dict[str, tuple[object, object]]:
    """Field by field; a phone number shows as its mask, and as changed where only the number behind it differs."""
    pairs = {name: (getattr(before, name, None), getattr(after, name)) for name in FIELDS}
    if before is None:
        pairs["unit"] = (None, str(after.unit))
    return {name: (_text(old), _text(new)) for name, (old, new) in pairs.items() if not same(old or "", new or "")}


def _text(value: object) -> object:
    return None if value in (None, "") else str(value)
