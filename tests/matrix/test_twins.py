"""What a page can change a program can change: each page's POST has an operation that does the same.

It has the page's name (`inventory:unit_move` is `inventory_unit_move`), or the row names it with `api=`, or it stands
here.
"""

from __future__ import annotations

from tests.matrix.doors import doors, rows
from tests.matrix.rows import Row

#: Operations that are called otherwise than their pages.
TWINS = {
    "inventory:unit_new": "inventory_unit_create",
    "inventory:snapshots": "inventory_snapshot",
    "powers:campaign": "powers_confirmations",
    "powers:approvals_together": "powers_approval_decide",
    "powers:rules": "powers_rules_set",
}
#: Pages whose acts are a person's at a screen, and why no program does them.
FOR_PEOPLE = {
    "access:": "signing in and out, passwords and second factors are proofs that a person is there",
    "audit:": "the audit record is for officers, who hold no tokens; outsiders check proof files by command",
    "inventory:import": "a spreadsheet is looked at before it counts; programs write row by row, with idempotency keys",
    "operations:import": "as the register's",
    "web:language": "the language of the pages",
    "web:try_channel": "a person looks whether the line arrives",
}


def twins(row: Row) -> list[str]:
    named = _named(row) or [TWINS.get(row.at, row.at.replace(":", "_"))]
    return [name for name in named if name in doors()]


def _named(row: Row) -> list[str]:
    return [name for name in row.api.split() if name != "-"]


def test_every_act_of_a_page_has_an_operation() -> None:
    acts = [row for row in rows() if not row.is_operation and row.method != "GET"]
    alone = {row.at for row in acts if not twins(row) and not row.at.startswith(tuple(FOR_PEOPLE))}
    assert alone == set(), "name the operation in the row: api='<operation id>'"


def test_what_is_named_exists() -> None:
    assert {name for row in rows() for name in _named(row)} | set(TWINS.values()) <= set(doors())
