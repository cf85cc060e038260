"""The database's own refusal to change the chain: triggers against update, delete, truncate and back-filling.

They stop a mistake and every tool that goes round `audit.record`. Whoever owns the database can drop them; then
`verify` says that they are gone, and the digests say what was changed.
"""

from __future__ import annotations

from django.db.backends.base.base import BaseDatabaseWrapper

REFUSAL = "审计记录只能追加，不得更改或删除"

#: Trigger name → its definition. `INSERT OR REPLACE` deletes without firing delete triggers: hence the insert triggers.
SQLITE = {
    "audit_entry_update": "BEFORE UPDATE ON audit_entry BEGIN {refuse} END",
    "audit_entry_delete": "BEFORE DELETE ON audit_entry BEGIN {refuse} END",
    "audit_entry_insert": (
        "BEFORE INSERT ON audit_entry"
        " WHEN NEW.sequence IS NOT (SELECT COALESCE(MAX(sequence), 0) + 1 FROM audit_entry) BEGIN {refuse} END"
    ),
    "audit_head_update": (
        "BEFORE UPDATE ON audit_head WHEN NEW.sequence IS NOT OLD.sequence + 1 OR NEW.id IS NOT OLD.id"
        " BEGIN {refuse} END"
    ),
    "audit_head_delete": "BEFORE DELETE ON audit_head BEGIN {refuse} END",
    "audit_head_insert": "BEFORE INSERT ON audit_head WHEN (SELECT COUNT(*) FROM audit_head) > 0 BEGIN {refuse} END",
}

POSTGRESQL = {
    "audit_entry_change": (
        "BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()"
    ),
    "audit_entry_insert": "BEFORE INSERT ON audit_entry FOR EACH ROW EXECUTE FUNCTION audit_next()",
    "audit_head_update": (
        "BEFORE UPDATE ON audit_head FOR EACH ROW"
        " WHEN (NEW.sequence <> OLD.sequence + 1 OR NEW.id <> OLD.id) EXECUTE FUNCTION audit_refuse()"
    ),
    "audit_head_delete": ("BEFORE DELETE OR TRUNCATE ON audit_head FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()"),
}

FUNCTIONS = (
    f"""
    CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'integrity_constraint_violation'; END $$
    """,
    """
    CREATE OR REPLACE FUNCTION audit_next() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NEW.sequence <> (SELECT COALESCE(MAX(sequence), 0) + 1 FROM audit_entry) THEN
        RAISE EXCEPTION '审计记录只能接在最后一条之后' USING ERRCODE = 'integrity_constraint_violation';
      END IF;
      RETURN NEW;
    END $$
    """,
)


def install(connection: BaseDatabaseWrapper) -> None:
    """Put every trigger in place; those that stand already are left alone."""
    for statement in _missing_statements(connection):
        with connection.cursor() as cursor:
            cursor.execute(statement)


def remove(connection: BaseDatabaseWrapper) -> None:
    """Take the triggers away: for the migration's way back, and for emptying a test database."""
    table_of = {name: "audit_head" if "_head_" in name else "audit_entry" for name in _guards(connection)}
    with connection.cursor() as cursor:
        for name, table in table_of.items():
            suffix = f" ON {table}" if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}{suffix}")


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """The triggers that should stand and do not."""
    where = (
        "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
        if connection.vendor == "postgresql"
        else "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    )
    with connection.cursor() as cursor:
        cursor.execute(where)
        standing = {str(name) for (name,) in cursor.fetchall()}
    return sorted(set(_guards(connection)) - standing)


def _guards(connection: BaseDatabaseWrapper) -> dict[str, str]:
    return POSTGRESQL if connection.vendor == "postgresql" else SQLITE


def _missing_statements(connection: BaseDatabaseWrapper) -> list[str]:
    create = [
        f"CREATE TRIGGER {name} {_guards(connection)[name].replace('{refuse}', _sqlite_refusal())}"
        for name in missing(connection)
    ]
    return [*FUNCTIONS, *create] if connection.vendor == "postgresql" else create


def _sqlite_refusal() -> str:
    return f"SELECT RAISE(ABORT, '{REFUSAL}');"
