"""Who could lift the guards: whoever owns the audit tables. On PostgreSQL the platform's own account should not.

SQLite knows no accounts: there whoever may write the file may change everything, and only checkpoints kept elsewhere
show it.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from qingdun.audit import guards

TABLES = tuple(guards.POSTGRESQL)


@dataclass(frozen=True, slots=True)
class Ownership:
    """`separate`: the platform's own database account can neither change the audit tables nor take the guards away."""

    database: str
    account: str
    owner: str
    separate: bool
    wrong_guards: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        return {
            "database": self.database,
            "account": self.account,
            "owner": self.owner,
            "separate": self.separate,
            "wrong_guards": list(self.wrong_guards),
        }


def look() -> Ownership:
    wrong = tuple(guards.wrong_ones(connection))
    if connection.vendor != "postgresql":
        return Ownership(connection.vendor, "", "", separate=False, wrong_guards=wrong)
    with connection.cursor() as cursor:
        # The owner of the schema or of the database may drop what others own in it.
        cursor.execute(
            "SELECT current_user, string_agg(DISTINCT pg_get_userbyid(c.relowner), ', '),"
            " bool_or(pg_has_role(c.relowner, 'MEMBER') OR pg_has_role(n.nspowner, 'MEMBER')"
            " OR pg_has_role(d.datdba, 'MEMBER') OR has_table_privilege(c.oid, 'DELETE, TRUNCATE, TRIGGER')"
            " OR c.relname <> 'audit_head' AND has_table_privilege(c.oid, 'UPDATE'))"
            " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, pg_database d"
            " WHERE c.relname = ANY(%s) AND pg_table_is_visible(c.oid) AND d.datname = current_database()",
            [list(TABLES)],
        )
        account, owner, could = cursor.fetchone()
    return Ownership(connection.vendor, account, owner or "", separate=not could, wrong_guards=wrong)


def statements(owner: str) -> list[str]:
    """The SQL by which a database administrator gives the audit tables to `owner`; none where there are no accounts."""
    if connection.vendor != "postgresql":
        return []
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, current_database(), current_schema()")
        account, database, schema = (quote(name) for name in cursor.fetchone())
    role, entry, head, checkpoint = quote(owner), *TABLES
    return [
        f"CREATE ROLE {role} NOLOGIN;",
        f"ALTER DATABASE {database} OWNER TO CURRENT_USER;",
        f"ALTER SCHEMA {schema} OWNER TO CURRENT_USER;",
        f"GRANT USAGE, CREATE ON SCHEMA {schema} TO {account};",
        *(f"ALTER TABLE {table} OWNER TO {role};" for table in TABLES),
        *(f"ALTER FUNCTION {name}() OWNER TO {role};" for name in guards.FUNCTIONS),
        f"REVOKE ALL ON {', '.join(TABLES)} FROM PUBLIC, {account};",
        f"GRANT SELECT, INSERT ON {entry}, {checkpoint} TO {account};",
        f"GRANT SELECT, INSERT, UPDATE ON {head} TO {account};",
        f"GRANT CONNECT ON DATABASE {database} TO {account};",
    ]
