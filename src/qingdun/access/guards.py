"""The database's own refusal of forbidden powers: triggers that hold when some code goes round `access.actions`.

One natural person never holds two offices, nor an office beside any other role, whatever the number of accounts, in
whatever order the rows are written and whoever else writes at the same moment (on PostgreSQL the person's row is
locked; SQLite writes one after the other).

They stand from the end of one `migrate` to the beginning of the next: SQLite rebuilds a table to change it, which drops
the table's triggers and fails while another table's trigger names it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from qingdun.access.approvals.guards import GUARDS as APPROVALS
from qingdun.access.core.guard import Guard
from qingdun.access.core.roles import OFFICES

REFUSAL = "同一自然人不得兼任三员中的两员，三员也不得持有其他角色"
OFFICERS = ", ".join(f"'{office}'" for office in OFFICES)


def _clash(new: str, person: str, but: str) -> str:
    """Does the person hold, by any account, an unended grant that may not meet the row `new`?"""
    return (
        "SELECT 1 FROM access_grant g JOIN access_account a ON a.id = g.account_id"  # noqa: S608 (our own texts)
        f" WHERE {new}.ended IS NULL AND g.ended IS NULL AND g.role <> {new}.role{but}"
        f" AND (g.role IN ({OFFICERS}) OR {new}.role IN ({OFFICERS}))"
        f" AND g.starts <= {new}.ends AND g.ends >= {new}.starts AND a.person_id = {person}"
    )


def _sqlite(clash: str) -> str:
    return f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}') WHERE EXISTS ({clash}); END"


_OWNER = "(SELECT person_id FROM access_account WHERE id = NEW.account_id)"
_MOVED = _clash("own", "NEW.person_id", " AND g.account_id <> NEW.id").replace(
    "FROM access_grant g", "FROM access_grant own JOIN access_grant g ON own.account_id = NEW.id"
)

GUARDS: Mapping[str, Guard] = {
    "access_grant_office": Guard(
        "access_grant",
        (
            f"BEFORE INSERT ON access_grant {_sqlite(_clash('NEW', _OWNER, ''))}",
            f"BEFORE UPDATE ON access_grant {_sqlite(_clash('NEW', _OWNER, ' AND g.id <> NEW.id'))}",
        ),
        "BEFORE INSERT OR UPDATE ON access_grant FOR EACH ROW EXECUTE FUNCTION access_grant_office()",
        f"""
        DECLARE owner bigint;
        BEGIN
          SELECT person_id INTO owner FROM access_account WHERE id = NEW.account_id FOR SHARE;
          PERFORM 1 FROM access_person WHERE id = owner FOR UPDATE;
          IF EXISTS ({_clash("NEW", "owner", " AND g.id <> NEW.id")}) THEN
            RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'integrity_constraint_violation';
          END IF;
          RETURN NEW;
        END
        """,  # noqa: S608 (our own texts)
    ),
    "access_account_office": Guard(
        "access_account",
        ("BEFORE UPDATE OF person_id ON access_account WHEN NEW.person_id <> OLD.person_id " + _sqlite(_MOVED),),
        "BEFORE UPDATE OF person_id ON access_account FOR EACH ROW WHEN (NEW.person_id <> OLD.person_id)"
        " EXECUTE FUNCTION access_account_office()",
        f"""
        BEGIN
          PERFORM 1 FROM access_person WHERE id IN (OLD.person_id, NEW.person_id) ORDER BY id FOR UPDATE;
          IF EXISTS ({_MOVED}) THEN
            RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'integrity_constraint_violation';
          END IF;
          RETURN NEW;
        END
        """,
    ),
    **APPROVALS,
}


def install(connection: BaseDatabaseWrapper) -> None:
    """Put every guard in place, anew where it stands."""
    remove(connection)
    with connection.cursor() as cursor:
        for name, guard in GUARDS.items():
            if connection.vendor == "postgresql":
                body = f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {guard.function} $$"
                cursor.execute(body)
                cursor.execute(f"CREATE TRIGGER {name} {guard.postgresql}")
            else:
                for number, definition in enumerate(guard.sqlite):
                    cursor.execute(f"CREATE TRIGGER {name}_{number} {definition}")


def remove(connection: BaseDatabaseWrapper) -> None:
    """Take them away, for a migration."""
    tables = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for name, guard in GUARDS.items():
            if connection.vendor == "postgresql" and guard.table in tables:
                cursor.execute(f"DROP TRIGGER IF EXISTS {name} ON {guard.table}")
            elif connection.vendor == "sqlite":
                for number, _definition in enumerate(guard.sqlite):
                    cursor.execute(f"DROP TRIGGER IF EXISTS {name}_{number}")


def lift(sender: Any, using: str, **_more: Any) -> None:
    remove(connections[using])


def stand(sender: Any, using: str, **_more: Any) -> None:
    """After `migrate`, when the tables are there: a migration backwards to nothing leaves none to guard."""
    if {guard.table for guard in GUARDS.values()} <= set(connections[using].introspection.table_names()):
        install(connections[using])
