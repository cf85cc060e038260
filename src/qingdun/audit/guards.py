"""The database's own refusal to change the chain: triggers against update, delete, truncate and back-filling.

They stop a mistake and every tool that goes round `audit.record`. Whoever owns the tables can drop them; then `verify`
says that they are gone, and the digests say what was changed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.db.backends.base.base import BaseDatabaseWrapper

from qingdun.audit.core.chain import GENESIS

REFUSAL = "审计记录只能追加，不得更改或删除"

#: Entries go on where the last one stands, and nowhere else.
_AFTER_THE_LAST = "SELECT COALESCE(MAX(sequence), 0) + 1 FROM audit_entry"
_AFTER_THE_LAST_CHECKPOINT = "SELECT COALESCE(MAX(number), 0) + 1 FROM audit_checkpoint"

#: The head stands at the beginning of an empty chain, and from then on only at the last entry that exists.
_AT_THE_LAST = (
    "SELECT 1 FROM audit_entry WHERE sequence = NEW.sequence AND sha256 = NEW.sha256 AND sm3 = NEW.sm3"
    " AND sequence = (SELECT MAX(sequence) FROM audit_entry)"
)
_NOT_AT_THE_START = (  # constants only, here and below
    f"NEW.sequence <> 0 OR NEW.sha256 <> '{GENESIS}' OR NEW.sm3 <> '{GENESIS}' OR EXISTS (SELECT 1 FROM audit_entry)"  # noqa: S608
)
_NOT_FORWARD = f"NEW.id <> OLD.id OR NEW.sequence <= OLD.sequence OR NOT EXISTS ({_AT_THE_LAST})"

#: Table → trigger → its definition. `INSERT OR REPLACE` deletes without firing delete triggers: hence those on insert.
SQLITE: Mapping[str, Mapping[str, str]] = {
    "audit_entry": {
        "audit_entry_update": "BEFORE UPDATE ON audit_entry BEGIN {refuse} END",
        "audit_entry_delete": "BEFORE DELETE ON audit_entry BEGIN {refuse} END",
        "audit_entry_insert": (
            f"BEFORE INSERT ON audit_entry WHEN NEW.sequence IS NOT ({_AFTER_THE_LAST}) BEGIN {{refuse}} END"
        ),
    },
    "audit_head": {
        "audit_head_update": f"BEFORE UPDATE ON audit_head WHEN {_NOT_FORWARD} BEGIN {{refuse}} END",
        "audit_head_delete": "BEFORE DELETE ON audit_head BEGIN {refuse} END",
        "audit_head_insert": (
            f"BEFORE INSERT ON audit_head WHEN (SELECT COUNT(*) FROM audit_head) > 0 OR {_NOT_AT_THE_START}"  # noqa: S608
            " BEGIN {refuse} END"
        ),
    },
    "audit_checkpoint": {
        "audit_checkpoint_update": "BEFORE UPDATE ON audit_checkpoint BEGIN {refuse} END",
        "audit_checkpoint_delete": "BEFORE DELETE ON audit_checkpoint BEGIN {refuse} END",
        "audit_checkpoint_insert": (
            f"BEFORE INSERT ON audit_checkpoint WHEN NEW.number IS NOT ({_AFTER_THE_LAST_CHECKPOINT})"
            " BEGIN {refuse} END"
        ),
    },
}

#: Table → trigger → (when, function). The conditions stand in the functions, whose text is compared as a whole.
POSTGRESQL: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "audit_entry": {
        "audit_entry_change": ("BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry FOR EACH STATEMENT", "audit_refuse"),
        "audit_entry_insert": (
            "AFTER INSERT ON audit_entry REFERENCING NEW TABLE AS added FOR EACH STATEMENT",
            "audit_entry_next",
        ),
    },
    "audit_head": {
        "audit_head_delete": ("BEFORE DELETE OR TRUNCATE ON audit_head FOR EACH STATEMENT", "audit_refuse"),
        "audit_head_write": ("BEFORE INSERT OR UPDATE ON audit_head FOR EACH ROW", "audit_head_forward"),
    },
    "audit_checkpoint": {
        "audit_checkpoint_change": (
            "BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_checkpoint FOR EACH STATEMENT",
            "audit_refuse",
        ),
        "audit_checkpoint_insert": ("BEFORE INSERT ON audit_checkpoint FOR EACH ROW", "audit_checkpoint_next"),
    },
}

_RAISE = "RAISE EXCEPTION '{}' USING ERRCODE = 'integrity_constraint_violation';"

FUNCTIONS: Mapping[str, str] = {
    "audit_refuse": f"BEGIN {_RAISE.format(REFUSAL)} END",
    # Once for each statement: the new rows are the last ones of the table and leave no gap behind them.
    "audit_entry_next": f"""
    DECLARE low bigint; high bigint; many bigint;
    BEGIN
      SELECT min(sequence), max(sequence), count(*) INTO low, high, many FROM added;
      IF many > 0 AND (
        many <> high - low + 1
        OR high <> (SELECT max(sequence) FROM audit_entry)
        OR low <> (SELECT COALESCE(max(sequence), 0) + 1 FROM audit_entry WHERE sequence < low)
      ) THEN
        {_RAISE.format("审计记录只能接在最后一条之后")}
      END IF;
      RETURN NULL;
    END""",  # noqa: S608
    "audit_head_forward": f"""
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF {_NOT_AT_THE_START} THEN {_RAISE.format(REFUSAL)} END IF;
      ELSIF {_NOT_FORWARD} THEN {_RAISE.format(REFUSAL)}
      END IF;
      RETURN NEW;
    END""",
    "audit_checkpoint_next": f"""
    BEGIN
      IF NEW.number <> ({_AFTER_THE_LAST_CHECKPOINT}) THEN {_RAISE.format(REFUSAL)} END IF;
      RETURN NEW;
    END""",
}


def install(connection: BaseDatabaseWrapper) -> None:
    """Put every trigger in place as it should be, on the tables that exist; others on them are taken away."""
    wrong = wrong_ones(connection)
    if not wrong:
        return
    remove(connection)
    with connection.cursor() as cursor:
        for statement in _statements(connection):
            cursor.execute(statement)


def remove(connection: BaseDatabaseWrapper) -> None:
    """Take the triggers away: for migrations, and for emptying a test database."""
    with connection.cursor() as cursor:
        for table, name in _standing(connection):
            suffix = f" ON {table}" if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}{suffix}")


def wrong_ones(connection: BaseDatabaseWrapper) -> list[str]:
    """The triggers that should stand and do not, stand in another form, or stand there without being ours."""
    due = {
        (table, name): definition
        for table in _tables(connection)
        for name, definition in _due(connection, table).items()
    }
    standing = _standing(connection)
    return sorted(
        name for table, name in set(due) | set(standing) if standing.get((table, name)) != due.get((table, name))
    )


def _tables(connection: BaseDatabaseWrapper) -> list[str]:
    """Those of the chain that exist: an early migration knows not all of them."""
    there = set(connection.introspection.table_names())
    return [table for table in SQLITE if table in there]


def _statements(connection: BaseDatabaseWrapper) -> list[str]:
    tables = _tables(connection)
    if connection.vendor != "postgresql":
        return [sql for table in tables for sql in _due(connection, table).values()]
    make = "CREATE OR REPLACE FUNCTION {}() RETURNS trigger LANGUAGE plpgsql AS $guard${}$guard$"
    functions = [make.format(name, body) for name, body in FUNCTIONS.items()]
    triggers = [
        f"CREATE TRIGGER {name} {when} EXECUTE FUNCTION {function}()"
        for table in tables
        for name, (when, function) in POSTGRESQL[table].items()
    ]
    # Always: not even a session that plays replica passes by.
    always = [f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}" for table in tables for name in POSTGRESQL[table]]
    return [*functions, *triggers, *always]


def _due(connection: BaseDatabaseWrapper, table: str) -> dict[str, str]:
    """Trigger → what `_standing` says of it when all is well."""
    if connection.vendor != "postgresql":
        refuse = f"SELECT RAISE(ABORT, '{REFUSAL}');"
        return {
            name: f"CREATE TRIGGER {name} {text.replace('{refuse}', refuse)}" for name, text in SQLITE[table].items()
        }
    return {
        name: _in_one_line(f"A {when} EXECUTE FUNCTION {function}() {FUNCTIONS[function]}")
        for name, (when, function) in POSTGRESQL[table].items()
    }


def _standing(connection: BaseDatabaseWrapper) -> dict[tuple[str, str], str]:
    """(table, trigger) → its definition, with PostgreSQL whether it always fires and its function's text as well."""
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            cursor.execute("SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'trigger'")
            return {(table, name): sql for table, name, sql in cursor.fetchall() if table in SQLITE}
        cursor.execute(
            "SELECT c.relname, t.tgname, t.tgenabled, pg_get_triggerdef(t.oid), p.prosrc FROM pg_trigger t"
            " JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid"
            " WHERE NOT t.tgisinternal AND pg_table_is_visible(c.oid) AND c.relname = ANY(%s)",
            [list(POSTGRESQL)],
        )
        return {
            (table, name): _as_written(enabled, text, body) for table, name, enabled, text, body in cursor.fetchall()
        }


def _as_written(enabled: str, definition: str, body: str) -> str:
    """What PostgreSQL says of a trigger, in the words in which we made it."""
    _create, _trigger, _name, rest = definition.split(" ", 3)
    events = re.sub(r"^(BEFORE|AFTER) ([A-Z ]+) ON (?:\w+\.)?", lambda found: _ordered(*found.groups()), rest)
    return _in_one_line(f"{enabled} {events.replace('EXECUTE FUNCTION public.', 'EXECUTE FUNCTION ')} {body}")


def _ordered(when: str, events: str) -> str:
    order = ("INSERT", "UPDATE", "DELETE", "TRUNCATE")
    return f"{when} {' OR '.join(sorted(events.split(' OR '), key=order.index))} ON "


def _in_one_line(text: str) -> str:
    return " ".join(text.split())
