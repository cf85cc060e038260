"""Raw SQL, as a script with the database's password would write it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from qingdun.access import approvals
from qingdun.access.models import Account, Approval, Decision

TWO = ({}, {"may": "inventory.export"})


def put(approval: Approval, by: Account, *, behalf: Account | None = None, step: int = 0, person: Any = None) -> None:
    """A decision written past every action."""
    columns = (
        "approval_id, step, verdict, code, reason, by_id, person_id, on_behalf_id, behalf_person_id,"
        " permission, role, at"
    )
    values = [
        *(approval.pk, step, "agree", "", "", by.pk, person or by.person_id),
        *((behalf.pk, behalf.person_id) if behalf else (None, None)),
        *("inventory.edit", "", timezone.now()),
    ]
    with transaction.atomic(), connection.cursor() as cursor:
        marks = ", ".join(["%s"] * len(values))
        cursor.execute(f"INSERT INTO access_decision ({columns}) VALUES ({marks})", values)


def execute(sql: str, *values: object) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)


@pytest.fixture
def three(make_account: Callable[..., Any]) -> list[Account]:
    return [make_account("security_officer") for _ in range(3)]


def test_a_lawful_decision_passes(make_approval: Callable[..., Any], three: list[Account]) -> None:
    approval = make_approval()
    put(approval, three[0], behalf=three[1])
    assert Decision.objects.filter(approval=approval).count() == 1


def test_whoever_asked_or_benefits_cannot_decide_by_any_account(
    make_approval: Callable[..., Any], make_account: Callable[..., Any], three: list[Account]
) -> None:
    asker, about, free = three
    approval = make_approval(by=asker, people=[about.person])
    again = make_account("security_officer", person=asker.person)
    for by, behalf in ((asker, None), (again, None), (about, None), (free, asker), (free, about), (asker, free)):
        with pytest.raises(IntegrityError, match="审核意见不合规"):
            put(approval, by, behalf=behalf)
    with pytest.raises(IntegrityError, match="审核意见不合规"):
        put(approval, asker, person=free.person_id)


def test_a_person_has_one_say_for_himself_or_through_another(
    make_kind: Callable[..., Any], make_approval: Callable[..., Any], three: list[Account]
) -> None:
    make_kind(*TWO)
    first, delegator, other = three
    approval = make_approval()
    put(approval, first, behalf=delegator)
    execute("UPDATE access_approval SET step = 1 WHERE id = %s", approval.pk)
    for by, behalf in ((first, None), (delegator, None), (other, first), (other, delegator), (first, other)):
        with pytest.raises(IntegrityError, match="审核意见不合规"):
            put(approval, by, behalf=behalf, step=1)
    put(approval, other, step=1)


@pytest.mark.parametrize("state", ["supplement", "withdrawn"])
def test_nothing_is_decided_that_does_not_wait_there(
    make_approval: Callable[..., Any], three: list[Account], state: str
) -> None:
    approval = make_approval()
    with pytest.raises(IntegrityError):
        put(approval, three[0], step=1)
    if state == "supplement":
        approvals.ask_supplement(approval, by=three[1], reason="缺")
    else:
        approvals.withdraw(approval, by=approval.requester)
    with pytest.raises(IntegrityError, match="审核意见不合规"):
        put(approval, three[0])


def test_what_was_said_and_done_stays(
    make_approval: Callable[..., Any], make_person: Callable[..., Any], three: list[Account]
) -> None:
    approval = make_approval(people=[make_person()])
    approvals.decide(approval, "agree", by=three[0])
    for table in ("access_decision", "access_beneficiary", "access_approvalevent"):
        for sql in (f"DELETE FROM {table}", f"UPDATE {table} SET approval_id = approval_id"):
            with pytest.raises(DatabaseError, match="只能追加"):
                execute(sql)
    with pytest.raises(DatabaseError, match="只能追加"):
        execute("DELETE FROM access_approval")
    for change in ("requester_person_id = requester_person_id + 1", "state = 'waiting', ended = NULL", "kind = 'x'"):
        with pytest.raises(IntegrityError):
            execute(f"UPDATE access_approval SET {change} WHERE id = %s", approval.pk)
    with pytest.raises(IntegrityError, match="受益人"):
        execute(
            "INSERT INTO access_beneficiary (approval_id, person_id) VALUES (%s, %s)", approval.pk, make_person().pk
        )


def test_nothing_is_agreed_to_without_a_decision_in_each_step(
    make_kind: Callable[..., Any], make_approval: Callable[..., Any], three: list[Account]
) -> None:
    make_kind(*TWO)
    approval, agreed = make_approval(), "UPDATE access_approval SET state = 'agreed', due = NULL, ended = %s, step = 1"
    for _ in range(2):
        with pytest.raises(IntegrityError, match="未经各环节审核"):
            execute(f"{agreed} WHERE id = %s", timezone.now(), approval.pk)
        approvals.decide(Approval.objects.get(pk=approval.pk), "agree", by=three.pop()) if len(three) == 3 else None
    approvals.decide(Approval.objects.get(pk=approval.pk), "agree", by=three[0])
    assert Approval.objects.get(pk=approval.pk).state == "agreed"


def race(moves: list[Callable[[], Any]]) -> tuple[list[Any], list[Exception]]:
    """All at the same moment: what was done, and what was refused with words. Any other error ends a thread loudly."""
    done: list[Any] = []
    refused: list[Exception] = []
    gate = threading.Barrier(len(moves))

    def attempt(move: Callable[[], Any]) -> None:
        gate.wait()
        try:
            done.append(move())
        except approvals.NotPossible as error:
            refused.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=attempt, args=(move,)) for move in moves]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return done, refused


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_round", range(5))
def test_of_two_at_once_one_wins_and_nobody_falls_over(
    make_approval: Callable[..., Any], make_account: Callable[..., Any], _round: int
) -> None:
    """Two deciders, one of them twice, and a withdrawal, all on one approval at the same moment."""
    first, second = make_account("security_officer"), make_account("security_officer")
    approval = make_approval()

    def seen() -> Approval:
        return Approval.objects.get(pk=approval.pk)

    done, refused = race(
        [
            lambda: approvals.decide(seen(), "agree", by=first),
            lambda: approvals.decide(seen(), "agree", by=first),
            lambda: approvals.decide(seen(), "reject", by=second, reason="不行", code="other"),
            lambda: approvals.withdraw(seen(), by=approval.requester),
        ]
    )
    assert (len(done), len(refused)) == (1, 3)
    assert Decision.objects.filter(approval=approval).count() == (done[0].state != "withdrawn")
