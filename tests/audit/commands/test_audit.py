"""`qingdun audit …`, and the walk behind `verify`: what an intruder with the database's own rights leaves visible."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from qingdun import audit
from qingdun.audit import guards
from qingdun.audit import verify as verifying
from qingdun.audit.models import Entry
from qingdun.config import cli

pytestmark = pytest.mark.django_db(transaction=True)


Run = Callable[..., tuple[int, dict[str, Any], str]]
Say = Callable[..., tuple[int, str, str]]


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    """Run `qingdun audit …`: exit code, standard output, standard error."""

    def say(*words: str) -> tuple[int, str, str]:
        code = cli.main(["audit", *words])
        out, err = capsys.readouterr()
        return code, out, err

    return say


@pytest.fixture
def run(say: Say) -> Run:
    """Run `qingdun audit verify …`: exit code, its JSON, standard error."""

    def run(*words: str) -> tuple[int, dict[str, Any], str]:
        code, out, err = say("verify", *words)
        return code, json.loads(out or "{}"), err

    return run


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("QINGDUN_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("QINGDUN_CHECKPOINTS")
    return tmp_path / "home"


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


def test_a_whole_chain(run: Run) -> None:
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
        "problems": [],
        "checkpoints": {"read": 0, "met": 0, "newest": None},
        "unguarded": [],
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
    run: Run,
    intrude: Callable[..., None],
    statements: list[str],
    first_bad: int,
    problem: str,
) -> None:
    intrude(*statements)
    code, found, err = run()
    assert (code, found["whole"], found["first_bad"]) == (1, False, first_bad)
    assert problem in str(found["problem"]) and problem in err


def test_missing_guards_are_a_finding(run: Run) -> None:
    guards.remove(connection)
    try:
        code, found, _err = run()
    finally:
        guards.install(connection)
    assert code == 1 and "触发器" in str(found["problem"])


def test_an_unreadable_database_is_unusable_input(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_given: object, **_options: object) -> None:
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


# --- checkpoints ----------------------------------------------------------------------------------------------------


def test_a_checkpoint_is_printed_laid_down_and_met(say: Say, run: Run, home: Path) -> None:
    code, out, err = say("checkpoint")
    file = home / "checkpoints" / "00000001.json"
    assert code == 0 and file.read_text("utf-8") == out and str(home / "checkpoints") in err
    assert json.loads(out)["sequence"] == 5
    code, found, _err = run()
    assert (code, found["checkpoints"]["read"], found["checkpoints"]["met"]) == (0, 1, 1)
    for secret in (home / "audit-keys").glob("*.key"):
        assert secret.stat().st_mode & 0o777 == 0o600


def test_a_cut_tail_is_found_though_the_head_was_fixed(say: Say, run: Run, intrude: Callable[..., None]) -> None:
    say("checkpoint")
    intrude(CUT_WITH_HEAD, "DELETE FROM audit_entry WHERE sequence > 3")
    code, found, err = run()
    assert (code, found["first_bad"]) == (1, 4) and "签名检查点记到第 5 条" in err


def test_somebody_elses_copy_and_key(say: Say, run: Run, home: Path, tmp_path: Path) -> None:
    """The copy and the public key were given out of hand; what happens at home afterwards cannot talk them away."""
    say("checkpoint")
    key = tmp_path / "given.pem"
    key.write_text(say("key")[1].partition("指纹")[0], "ascii")
    copy = tmp_path / "copy"
    shutil.copytree(home / "checkpoints", copy)
    code, found, _err = run("--checkpoints", str(copy), "--public-key", str(key))
    assert (code, found["checkpoints"]["met"]) == (0, 1)
    say("key", "--rotate", "--reason", "年度更换")
    shutil.copytree(home / "checkpoints", copy, dirs_exist_ok=True)
    code, found, _err = run("--checkpoints", str(copy), "--public-key", str(key))
    assert (code, found["checkpoints"]["met"]) == (0, 2), "the old key introduced the new one"
    assert Entry.objects.get(action="audit.change_key").reason == "年度更换"


def test_a_lost_key_is_said_and_can_be_replaced(say: Say, run: Run, home: Path) -> None:
    say("checkpoint")
    for secret in (home / "audit-keys").glob("*.key"):
        secret.unlink()
    code, _out, err = say("checkpoint")
    assert code == 2 and "--lost" in err and err.count("\n") == 1
    code, _out, err = say("key", "--rotate")
    assert code == 2 and "--lost" in err
    assert say("key", "--lost", "--reason", "磁盘损坏")[0] == 0
    assert run()[0] == 0, "at home the new key is known"
    first = sorted((home / "checkpoints").glob("*.json"))[0].read_text("utf-8")
    old = home / "audit-keys" / f"{json.loads(first)['key'][:16]}.pem"
    code, found, _err = run("--public-key", str(old))
    assert code == 1 and "不受信任的密钥" in found["problem"], "who only knows the old key must be told"


def test_an_interrupted_laying_down_is_made_up_for(say: Say, run: Run, home: Path, tmp_path: Path) -> None:
    """The folder was not there when it was needed: the statement is kept, and laid down with the next."""
    say("checkpoint")
    folder = home / "checkpoints"
    folder.rename(tmp_path / "away")
    folder.write_text("a file in the way", "ascii")
    code, _out, err = say("checkpoint")
    assert code == 2 and "QINGDUN_CHECKPOINTS" in err
    code, found, _err = run()
    assert code == 1 and "检查点目录" in found["problem"]
    folder.unlink()
    (tmp_path / "away").rename(folder)
    assert run()[1]["problem"] == "第 2 号检查点不见了"
    say("checkpoint")
    code, found, _err = run()
    assert (code, found["checkpoints"]["met"]) == (0, 3)


@pytest.mark.parametrize("words", [["--checkpoints", "nowhere"], ["--checkpoints", "."], ["--public-key", "nowhere"]])
def test_unusable_input_is_said_in_one_line(
    say: Say, words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = say("verify", *words)
    assert (code, out, err.count("\n")) == (2, "", 1) and words[0] in err


def test_a_key_that_is_none(say: Say, tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "ascii")
    code, _out, err = say("verify", "--public-key", str(tmp_path / "key.pem"))
    assert code == 2 and "Ed25519" in err
    assert say("key")[0] == 2, "none before the first checkpoint"


# --- who owns the tables --------------------------------------------------------------------------------------------


def test_guards_are_reported(say: Say) -> None:
    code, out, _err = say("guards")
    assert code == 0 and json.loads(out)["wrong_guards"] == []
    guards.remove(connection)
    try:
        code, out, _err = say("guards")
    finally:
        guards.install(connection)
    assert code == 1 and "audit_head_update" in out or "audit_head_write" in out


def test_sqlite_has_no_second_owner(say: Say) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL has")
    code, out, err = say("guards", "--sql")
    assert (code, out) == (2, "") and "QINGDUN_CHECKPOINTS" in err
