"""PostgreSQL with the SQL of `qingdun audit guards --sql`: the platform's account records, and can do nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import DatabaseError, connection, transaction

from qingdun import audit
from qingdun.audit import checkpoints, guards, ownership
from qingdun.audit.models import Entry
from qingdun.audit.verify import verify

pytestmark = [pytest.mark.postgres, pytest.mark.superuser, pytest.mark.django_db(transaction=True)]

APP, OWNER = "qingdun_test_app", "qingdun_test_audit"


def execute(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@pytest.fixture
def as_the_platform() -> Iterator[None]:
    """The session plays the platform's account after an administrator ran the printed statements."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, current_database()")
        administrator, database = cursor.fetchone()
    lines = [line.replace(f'"{administrator}"', APP) for line in ownership.statements(OWNER)]
    execute(f"CREATE ROLE {APP}", *lines, f"GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO {APP}")
    execute(*(line for line in lines if line.startswith(("REVOKE", "GRANT"))), f"SET ROLE {APP}")
    yield
    tables = [f"ALTER TABLE {table} OWNER TO CURRENT_USER" for table in ownership.TABLES]
    functions = [f"ALTER FUNCTION {name}() OWNER TO CURRENT_USER" for name in guards.FUNCTIONS]
    execute("RESET ROLE", *tables, *functions, "ALTER SCHEMA public OWNER TO pg_database_owner")
    for role in (APP, OWNER):
        execute(f"REASSIGN OWNED BY {role} TO CURRENT_USER", f"DROP OWNED BY {role}", f"DROP ROLE {role}")


@pytest.mark.usefixtures("as_the_platform")
def test_the_account_records_and_can_do_nothing_else() -> None:
    found = ownership.look()
    assert (found.account, found.owner, found.separate, found.wrong_guards) == (APP, OWNER, True, ())
    with transaction.atomic():
        audit.record(None, "audit.view", "对象")
        audit.record_many(None, "audit.view", [("甲", {}), ("乙", {})])
    checkpoints.sign(even_if_unmoved=True)
    last = Entry.objects.count()
    for statement in (
        "UPDATE audit_entry SET actor = '别人'",
        "DELETE FROM audit_entry",
        "TRUNCATE audit_entry",
        "ALTER TABLE audit_entry DISABLE TRIGGER ALL",
        "DROP TRIGGER audit_entry_change ON audit_entry",
        "DROP TABLE audit_entry",
        "DROP SCHEMA public CASCADE",
        "ALTER TABLE audit_head OWNER TO CURRENT_USER",
        "CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger AS 'BEGIN RETURN NULL; END' LANGUAGE plpgsql",
        "CREATE TRIGGER mine BEFORE INSERT ON audit_entry FOR EACH ROW EXECUTE FUNCTION audit_refuse()",
        "DELETE FROM audit_checkpoint",
        "UPDATE audit_head SET sequence = 0",
        "SET session_replication_role = replica",
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            execute(statement)
    assert Entry.objects.count() == last and verify().breaks == ()


def test_the_owner_of_the_tables_is_told_that_he_could() -> None:
    assert not ownership.look().separate
