from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import DatabaseError, connection, transaction

from qingdun import audit
from qingdun.audit import guards
from qingdun.audit.verify import verify

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def guarded_again() -> Iterator[None]:
    yield
    guards.install(connection)
    assert guards.wrong_ones(connection) == []


def execute(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def test_all_stand() -> None:
    assert guards.wrong_ones(connection) == []


def test_a_guard_that_is_gone_is_named() -> None:
    guards.remove(connection)
    assert "audit_entry_insert" in guards.wrong_ones(connection)


def test_a_guard_that_does_nothing_is_named() -> None:
    if connection.vendor == "postgresql":
        execute(
            "CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'"
        )
        assert guards.wrong_ones(connection) == ["audit_checkpoint_change", "audit_entry_change", "audit_head_delete"]
    else:
        execute(
            "DROP TRIGGER audit_entry_update",
            "CREATE TRIGGER audit_entry_update BEFORE UPDATE ON audit_entry BEGIN SELECT 1; END",
        )
        assert guards.wrong_ones(connection) == ["audit_entry_update"]


def test_a_stranger_on_the_table_is_named_and_taken_away() -> None:
    if connection.vendor == "postgresql":
        execute("CREATE TRIGGER quiet BEFORE INSERT ON audit_entry FOR EACH ROW EXECUTE FUNCTION audit_refuse()")
    else:
        execute("CREATE TRIGGER quiet BEFORE INSERT ON audit_entry BEGIN SELECT 1; END")
    assert guards.wrong_ones(connection) == ["quiet"]
    guards.install(connection)
    assert guards.wrong_ones(connection) == []


@pytest.mark.postgres
@pytest.mark.parametrize("how", ["DISABLE TRIGGER audit_entry_change", "ENABLE TRIGGER audit_entry_change"])
def test_postgresql_guards_always_fire_or_are_named(how: str) -> None:
    execute(f"ALTER TABLE audit_entry {how}")
    assert guards.wrong_ones(connection) == ["audit_entry_change"]


@pytest.mark.postgres
@pytest.mark.superuser
def test_playing_replica_does_not_lift_the_guards() -> None:
    with transaction.atomic():
        audit.record(None, "audit.view", "对象")
    with pytest.raises(DatabaseError, match="只能追加"), transaction.atomic():
        execute("SET LOCAL session_replication_role = replica", "DELETE FROM audit_entry")
    assert verify().whole
