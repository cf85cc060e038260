from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, close_old_connections, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from qingdun import audit
from qingdun.audit import actions
from qingdun.audit.models import CONTENT, Entry, Head, sealed
from qingdun.audit.verify import verify


def record(**options: Any) -> Entry:
    with transaction.atomic():
        return audit.record(None, "audit.view", "对象", **options)


@pytest.mark.django_db
def test_an_entry_says_who_did_what_to_which_thing(make_account: Callable[..., Any]) -> None:
    account = make_account()
    with transaction.atomic():
        entry = audit.record(account, "access.grant", account.person, "调岗", changes={"单位": ("甲", "乙")})
    kept = Entry.objects.get(pk=entry.pk)
    assert (kept.actor_id, kept.actor, kept.action) == (account.pk, account.username, "access.grant")
    assert (kept.subject_type, kept.subject_id) == ("access.person", str(account.person.pk))
    assert (kept.subject, kept.reason, kept.address) == (account.person.name, "调岗", "")
    assert json.loads(kept.changes) == {"单位": ["甲", "乙"]}


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_nothing_is_recorded() -> None:
    with pytest.raises(RuntimeError, match="同一事务"):
        audit.record(None, "audit.view", "对象")
    assert not Entry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_entry_falls_with_its_change() -> None:
    record()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        audit.record(None, "audit.view", "对象")
        _ = 1 / 0
    record()
    assert list(Entry.objects.order_by("sequence").values_list("sequence", flat=True)) == [1, 2]
    assert verify().whole


@pytest.mark.django_db(transaction=True)
def test_many_at_once_make_one_chain() -> None:
    """Eight writers, on whichever database the suite runs: no fork, no gap, nothing lost."""
    failures: list[BaseException] = []

    def write() -> None:
        try:
            for _ in range(12):
                record()
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    close_old_connections()
    assert not failures
    assert Entry.objects.count() == Head.objects.get().sequence == 96
    assert verify().whole


@pytest.mark.django_db
@pytest.mark.parametrize(
    "value",
    [
        *(1.0, 1e300, 0.1, -0.0, 10**30, Decimal("1.10")),
        *(date(2026, 1, 1), {"b": 1, "a": [None]}),
        *("é e\u0301 \r\n\u2028", "a\0b", "\ud800"),
    ],
)
def test_what_is_stored_is_what_was_sealed(value: object) -> None:
    """JSON, numbers and times come back from either database as they went in; what neither can hold is replaced."""
    record(changes={"字段": (None, value)}, reason=str(value))
    assert verify().whole


@pytest.mark.django_db
def test_recording_never_fails_for_length(make_account: Callable[..., Any]) -> None:
    with transaction.atomic():
        entry = audit.record(None, "x" * 300, "长" * 900, "由" * 5000)
    entry.refresh_from_db()
    assert (len(entry.action), len(entry.subject), len(entry.reason)) == (80, 200, 5000)
    assert verify().whole


@pytest.mark.django_db
def test_a_request_leaves_its_address(visitor: Callable[..., Client]) -> None:
    client = visitor("audit_admin")
    client.get("/audit/", REMOTE_ADDR="192.0.2.7")
    assert Entry.objects.order_by("-sequence")[0].address == "192.0.2.7"
    record()
    assert Entry.objects.order_by("-sequence")[0].address == ""


INSERT = (
    "INSERT INTO audit_entry (sequence, at, actor, person, office, action, subject_type, subject_id, subject, reason,"
    " changes, address, sha256, sm3) VALUES ({}, '2026-01-01', '', '', '', '', '', '', '', '', '', '', '', '')"
)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET actor = '别人' WHERE sequence = 2",
        "DELETE FROM audit_entry WHERE sequence = 3",
        "DELETE FROM audit_entry",
        INSERT.format(9),
        INSERT.format(2),
        "INSERT INTO audit_entry SELECT * FROM audit_entry WHERE sequence = 3",
        "UPDATE audit_head SET sequence = 1",
        "UPDATE audit_head SET sequence = 9",
        "UPDATE audit_head SET sha256 = 'x'",
        "UPDATE audit_head SET id = 2",
        "DELETE FROM audit_head",
        "INSERT INTO audit_head (id, sequence, sha256, sm3) VALUES (2, 3, '', '')",
    ],
)
def test_the_database_itself_refuses_to_change_the_chain(statement: str) -> None:
    for _ in range(3):
        record()
    with pytest.raises(DatabaseError), connection.cursor() as cursor:
        cursor.execute(statement)
    assert Entry.objects.count() == 3
    assert verify().whole


@pytest.mark.django_db(transaction=True)
def test_sqlite_replace_does_not_get_round_the_guards() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("REPLACE is SQLite's")
    record()
    for statement in (
        INSERT.format(1).replace("INSERT", "INSERT OR REPLACE", 1),
        "INSERT OR REPLACE INTO audit_head (id, sequence, sha256, sm3) VALUES (1, 0, '', '')",
        "UPDATE OR IGNORE audit_entry SET actor = '别人'",
        "UPDATE OR REPLACE audit_head SET sequence = 0",
    ):
        with pytest.raises(DatabaseError, match="只能追加"), connection.cursor() as cursor:
            cursor.execute(statement)
    assert verify().whole


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("table", ["audit_entry", "audit_head"])
def test_postgresql_refuses_to_truncate(table: str) -> None:
    record()
    with pytest.raises(DatabaseError, match="只能追加"), connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {table}")
    assert verify().whole


def test_an_entry_says_whose_account_and_which_office(make_account: Callable[..., Any], make_grant: Any) -> None:
    officer, clerk = make_account("security_admin"), make_account("unit_contact")
    with transaction.atomic():
        kept = [audit.record(by, "access.password", "对象") for by in (officer, clerk, None)]
    assert [(entry.person, entry.office) for entry in kept] == [
        (officer.person.name, Entry.Office.SECURITY),
        (clerk.person.name, ""),
        ("", ""),
    ]
    assert verify().whole


def test_an_entry_from_before_a_column_existed_still_holds() -> None:
    """A column younger than the chain is sealed only where it says something."""
    values = dict.fromkeys(CONTENT, "") | {"sequence": 1, "at": timezone.now(), "actor_id": None}
    assert {"person", "office"}.isdisjoint(sealed(values))
    assert sealed({**values, "office": "audit"})["office"] == "audit"


# --- many at once ---------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_many_are_recorded_as_one_by_one(make_account: Callable[..., Any]) -> None:
    account = make_account("unit_contact")
    things: list[tuple[Any, Any]] = [
        (account.person, {"单位": ("甲", "乙")}),
        ("长" * 900, {"时间": (None, timezone.now()), "数": (Decimal("1.10"), 0.1)}),
        ("a\0b\ud800", {}),
    ]
    with transaction.atomic():
        one_by_one = [audit.record(account, "access.grant", what, "调岗", changes=changes) for what, changes in things]
        assert audit.record_many(account, "access.grant", iter(things), "调岗") == 3
    for single in one_by_one:
        one = Entry.objects.get(pk=single.pk)
        same = Entry.objects.get(pk=one.pk + 3).content()
        assert same == {**one.content(), "sequence": one.pk + 3, "at": same["at"]}
    assert verify().whole


@pytest.mark.django_db
def test_many_take_a_few_writes_and_fall_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "BATCH", 10)
    record()
    start = Head.objects.get().sequence
    with CaptureQueriesContext(connection) as queries, transaction.atomic():
        audit.record_many(None, "audit.view", ((f"第 {number} 件", {}) for number in range(25)))
    assert len(queries) <= 8 and verify().last.sequence == start + 25

    def breaks() -> Iterator[tuple[str, dict[str, Any]]]:
        for number in range(15):
            yield f"第 {number} 件", {}
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        audit.record_many(None, "audit.view", breaks())
    assert verify().last.sequence == start + 25
    with transaction.atomic():
        assert audit.record_many(None, "audit.view", []) == 0
    assert verify().last.sequence == start + 25


@pytest.mark.django_db(transaction=True)
def test_many_are_refused_outside_a_transaction() -> None:
    with pytest.raises(RuntimeError, match="同一事务"):
        audit.record_many(None, "audit.view", [("对象", {})])
    assert not Entry.objects.exists()
