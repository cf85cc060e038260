from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from qingdun import audit
from qingdun.audit import checkpoints, export, keys
from qingdun.audit.models import Checkpoint, Entry
from qingdun.powers import exports
from tests.visitors import enter

pytestmark = pytest.mark.django_db
GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guide" / "audit.md"


def record(subject: str, by: Any = None, action: str = "logs.export") -> None:
    with transaction.atomic():
        audit.record(by, action, subject, changes={"行数": (None, 3)})


@pytest.fixture
def auditor(visitor: Callable[..., Any]) -> Any:
    return visitor("audit_admin")


def take(client: Any, form: str, **asked: str) -> bytes:
    query = "&".join(f"{key}={value}" for key, value in asked.items())
    answer = client.post(f"/audit/export/?{query}", {"form": form, "reason": "移交检查组"})
    assert answer.status_code == 200, answer.content.decode()
    return b"".join(answer.streaming_content)


def rows(text: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


# --- a table --------------------------------------------------------------------------------------------------------


def test_a_table_holds_the_filter_and_is_on_record(auditor: Any) -> None:
    record("甲物")
    record("=cmd|' /C calc'!A0")
    record("丙物", action="logs.search")
    text = take(auditor, "csv", action="logs.export").decode("utf-8-sig")
    table = list(csv.reader(io.StringIO(text)))
    assert [row[8] for row in table[1:-1]] == ["甲物", "'=cmd|' /C calc'!A0"]
    assert table[1][-2:] == [Entry.objects.get(subject="甲物").sha256, Entry.objects.get(subject="甲物").sm3]
    kept = Entry.objects.get(action="audit.export")
    assert kept.subject == "审计记录 动作：导出日志 2 条（csv）" and kept.reason == "移交检查组"
    assert kept.actor == auditor.account.username


def test_a_table_is_bounded_in_queries_not_in_rows(auditor: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "CHUNK", 10)
    for number in range(25):
        record(f"第 {number} 件")
    with CaptureQueriesContext(connection) as queries:
        text = take(auditor, "csv", action="logs.export")
    assert text.count(b"\r\n") == 27
    assert len([one for one in queries if "LIMIT 10" in one["sql"]]) == 4


# --- a file an outsider can check -----------------------------------------------------------------------------------


@pytest.fixture
def outsider(tmp_path: Path) -> Callable[[bytes], tuple[int, str]]:
    """Runs what the guide prints, on a file, with the public key that was handed over: exit code and what it said."""
    program = tmp_path / "check.py"
    program.write_text(re.findall(r"```python\n(.*?)```", GUIDE.read_text("utf-8"), re.S)[0], "utf-8")

    def check(text: bytes) -> tuple[int, str]:
        newest = checkpoints.newest()
        assert newest
        (tmp_path / "key.pem").write_bytes(keys.pem(newest.heir))
        (tmp_path / "file.ndjson").write_bytes(text)
        done = subprocess.run(
            [sys.executable, program, tmp_path / "file.ndjson", tmp_path / "key.pem"],
            check=False,
            capture_output=True,
            text=True,
        )
        return done.returncode, done.stdout + done.stderr

    return check


def test_an_outsider_checks_the_file_with_what_the_guide_prints(auditor: Any, outsider: Any) -> None:
    for number in range(5):
        record(f"第 {number} 件")
    text = take(auditor, "proof")
    code, said = outsider(text)
    assert code == 0 and "逐条相符" in said, said
    lines = text.splitlines(keepends=True)
    shown = [line for line in rows(text)[:-1] if "content" in line]
    assert len(shown) == json.loads(lines[-1])["export"]["entries"] >= 5
    for spoilt in (
        text.replace("第 3 件".encode(), "第 9 件".encode()),
        b"".join(lines[1:]),
        b"".join([*lines[:2], *lines[3:]]),
        b"".join([lines[1], lines[0], *lines[2:]]),
        text.replace(b'"by":"', b'"by":"x'),
    ):
        assert outsider(spoilt)[0] != 0


def test_a_stretch_of_time_is_a_whole_chain_with_what_may_not_be_read_left_out(
    auditor: Any, make_account: Any, outsider: Any
) -> None:
    record("甲物")
    record("另一审计管理员所为", by=make_account("audit_admin"))
    record("丙物")
    text = take(auditor, "proof", **{"from": "2000-01-01"})
    found = rows(text)[:-1]
    numbers = [line.get("sequence") or line["content"]["sequence"] for line in found]
    assert numbers == list(range(1, len(found) + 1)), "no gap"
    assert any(line.get("withheld") for line in found) and "另一审计管理员" not in text.decode()
    assert outsider(text)[0] == 0


def test_a_pick_of_entries_is_checked_one_by_one(auditor: Any, outsider: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "BATCH", 2)
    for number in range(7):
        record(f"第 {number} 件", action="logs.search" if number % 2 else "logs.export")
    text = take(auditor, "proof", action="logs.search")
    assert [line["content"]["subject"] for line in rows(text)[:-1]] == ["第 1 件", "第 3 件", "第 5 件"]
    assert outsider(text)[0] == 0


def test_an_export_is_covered_by_a_checkpoint(auditor: Any) -> None:
    record("甲物")
    last = Entry.objects.order_by("-sequence")[0].sequence
    statement = rows(take(auditor, "proof"))[-1]["export"]
    assert statement["checkpoint"]["sequence"] >= last
    assert Checkpoint.objects.count() == 1 and statement["by"] == auditor.account.username


# --- what is refused ------------------------------------------------------------------------------------------------


def test_nothing_leaves_without_a_reason_a_form_or_the_right(auditor: Any, make_account: Any) -> None:
    for data in ({}, {"form": "csv"}, {"form": "xml", "reason": "由"}, {"form": "csv", "reason": " "}):
        answer = auditor.post("/audit/export/", data)
        assert answer.status_code == 200 and not answer.streaming and "有几处需要改正" in answer.content.decode()
    security = enter(make_account("security_admin"))
    assert security.post("/audit/export/", {"form": "csv", "reason": "由"}).status_code == 403
    assert not Entry.objects.filter(action="audit.export").exists()


def test_a_question_that_makes_no_sense_goes_back_to_the_list(auditor: Any) -> None:
    answer = auditor.get("/audit/export/?from=soon", follow=True)
    assert answer.redirect_chain == [("/audit/?from=soon", 302)] and "不是日期" in answer.content.decode()


def test_without_the_key_nothing_leaves_and_that_is_said(auditor: Any) -> None:
    checkpoints.sign()
    newest = checkpoints.newest()
    assert newest
    keys.destroy(newest.heir)
    answer = auditor.post("/audit/export/", {"form": "proof", "reason": "由"})
    assert not answer.streaming and "签名密钥" in answer.content.decode()
    assert not Entry.objects.filter(action="audit.export").exists()


def test_the_list_leads_here_with_its_question(auditor: Any) -> None:
    answer = auditor.post("/audit/?action=logs.export&page=3", {"act": "export"})
    assert answer["Location"] == "/audit/export/?action=logs.export"
    record("甲物")
    assert "将导出 1 条（动作：导出日志）" in auditor.get(answer["Location"]).content.decode()
