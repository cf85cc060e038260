"""`qingdun audit verify`, and the walk behind it: what an intruder with the database's own rights leaves visible."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from django.db import DatabaseError, connection, transaction

from qingdun import audit
from qingdun.audit import guards
from qingdun.audit import verify as verifying
from qingdun.audit.models import Entry
from qingdun.config import cli

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[[], tuple[int, dict[str, object], str]]:
    """Run the command: exit code, its JSON, standard error."""

    def run() -> tuple[int, dict[str, object], str]:
        code = cli.main(["audit", "verify"])
        out, err = capsys.readouterr()
        return code, json.loads(out or "{}"), err

    return run


@pytest.fixture
def intrude() -> Callable[[str], None]:
    """What somebody who owns the database can do: drop the guards, change rows, and put the guards back."""

    def intrude(*statements: str) -> None:
        guards.remove(connection)
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
        guards.install(connection)

    return intrude


@pytest.fixture(autouse=True)
def five() -> None:
    for number in range(5):
        with transaction.atomic():
            audit.record(None, "audit.view", f"第 {number + 1} 件")


def test_a_whole_chain(run: Callable[[], tuple[int, dict[str, object], str]]) -> None:
    code, found, err = run()
    last = Entry.objects.get(sequence=5)
    assert (code, err) == (0, "")
    assert found == {
        "whole": True,
        "entries": 5,
        "sha256": last.sha256,
        "sm3": last.sm3,
        "first_bad": None,
        "problem": None,
    }


CUT_WITH_HEAD = """
UPDATE audit_head SET sequence = 3, sha256 = (SELECT sha256 FROM audit_entry WHERE sequence = 3),
  sm3 = (SELECT sm3 FROM audit_entry WHERE sequence = 3)
"""


@pytest.mark.parametrize(
    ("statements", "first_bad", "problem"),
    [
        (["UPDATE audit_entry SET actor = '别人' WHERE sequence = 3"], 3, "第 3 条的内容或摘要被改动"),
        (["UPDATE audit_entry SET at = '2020-01-01 00:00:00' WHERE sequence = 3"], 3, "第 3 条的内容或摘要被改动"),
        (["UPDATE audit_entry SET sm3 = sha256 WHERE sequence = 3"], 3, "第 3 条的内容或摘要被改动"),
        (["DELETE FROM audit_entry WHERE sequence = 2"], 2, "缺少第 2 条"),
        (["DELETE FROM audit_entry WHERE sequence = 1"], 1, "缺少第 1 条"),
        (["DELETE FROM audit_entry WHERE sequence > 3"], 4, "第 4 至 5 条不见了"),
        (["DELETE FROM audit_entry"], 1, "第 1 至 5 条不见了"),
        (["DELETE FROM audit_head"], 1, "其后却还有记录"),
        ([CUT_WITH_HEAD], 4, "其后却还有记录"),
        (["UPDATE audit_head SET sha256 = '0'"], 5, "与链头不符"),
    ],
)
def test_what_was_done_behind_our_back_is_named(
    run: Callable[[], tuple[int, dict[str, object], str]],
    intrude: Callable[..., None],
    statements: list[str],
    first_bad: int,
    problem: str,
) -> None:
    intrude(*statements)
    code, found, err = run()
    assert (code, found["whole"], found["first_bad"]) == (1, False, first_bad)
    assert problem in str(found["problem"]) and problem in err


def test_missing_guards_are_a_finding(run: Callable[[], tuple[int, dict[str, object], str]]) -> None:
    guards.remove(connection)
    try:
        code, found, _err = run()
    finally:
        guards.install(connection)
    assert code == 1 and "触发器" in str(found["problem"])


def test_an_unreadable_database_is_unusable_input(
    run: Callable[[], tuple[int, dict[str, object], str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise DatabaseError("no such table: audit_entry")

    monkeypatch.setattr(verifying, "verify", fail)
    code, found, err = run()
    assert (code, found) == (2, {}) and "QINGDUN_HOME" in err and err.count("\n") == 1


def test_appending_during_the_walk_is_no_break(monkeypatch: pytest.MonkeyPatch) -> None:
    head = verifying._head

    def head_then_append(appended: list[bool] = []) -> object:  # noqa: B006 (counts the calls)
        link = head()
        if not appended:
            appended.append(True)
            with transaction.atomic():
                audit.record(None, "audit.view", "同时")
        return link

    monkeypatch.setattr(verifying, "_head", head_then_append)
    verdict = verifying.verify()
    assert verdict.whole and verdict.last.sequence == 6
