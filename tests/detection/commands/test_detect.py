from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from qingdun.config.cli import main
from qingdun.detection.core import cache

RULE = """
title: Whoami
id: 11111111-1111-4111-8111-111111111111
logsource: {category: process_creation, product: windows}
detection: {selection: {Image|endswith: '\\whoami.exe'}, condition: selection}
level: low
"""
HIT = {"Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": 1, "Image": r"C:\Windows\whoami.exe"}
MISS = {**HIT, "Image": r"C:\Windows\cmd.exe"}
OTHER = {**HIT, "EventID": 11}


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QINGDUN_HOME", str(tmp_path / "home"))


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    folder = tmp_path / "rules" / "deep"
    folder.mkdir(parents=True)
    (folder / "whoami.yml").write_text(RULE)
    return tmp_path / "rules"


def write(tmp_path: Path, text: str | bytes, name: str = "events.json") -> str:
    file = tmp_path / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(file)


def matches(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, Any]]:
    assert main(["detect", *words]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


LINES = "".join(json.dumps(event) + "\n" for event in (MISS, HIT, OTHER, HIT))


@pytest.mark.parametrize(
    "text",
    [
        LINES,
        LINES.rstrip("\n"),
        LINES.replace("\n", "\r\n\r\n"),
        "\ufeff" + LINES,
        json.dumps([MISS, HIT, OTHER, HIT]),
        json.dumps([MISS, HIT, OTHER, HIT], indent=2),
        "\n".join(json.dumps(event, indent=2) for event in (MISS, HIT, OTHER, HIT)),
        gzip.compress(LINES.encode()),
    ],
    ids=["lines", "no last end", "CRLF and blank", "BOM", "array", "printed array", "printed objects", "gzip"],
)
def test_a_line_for_each_match_whatever_the_file_looks_like(
    text: str | bytes, rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = matches(capsys, "--rules", str(rules), "--pipeline", str(_everything(tmp_path)), write(tmp_path, text))
    assert [match["event"] for match in found] == [1, 2, 3] or [match["event"] for match in found] == [1, 3]
    found = matches(capsys, "--rules", str(rules), write(tmp_path, text))
    assert found == [
        {"rule_id": "11111111-1111-4111-8111-111111111111", "title": "Whoami", "level": "low", "event": event}
        for event in (1, 3)
    ]


def _everything(tmp_path: Path) -> Path:
    return Path(write(tmp_path, "name: 全部\nfields: {Image: [Image]}\n", "pipeline.yaml"))


def test_rules_may_be_several_and_the_file_the_last_word(
    rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = write(tmp_path, RULE.replace("11111111", "22222222").replace("Whoami", "Other"), "other.yml")
    found = matches(capsys, "--rules", str(rules), other, write(tmp_path, LINES))
    assert [(match["event"], match["title"]) for match in found] == [
        (1, "Whoami"),
        (1, "Other"),
        (3, "Whoami"),
        (3, "Other"),
    ]


def test_standard_input(rules: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BufferedReader(io.BytesIO(LINES.encode()))))
    assert [match["event"] for match in matches(capsys, "--rules", str(rules), "-")] == [1, 3]


def test_the_summary_has_the_keys_of_the_contract(
    rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (rules / "broken.yml").write_text(
        RULE.replace("condition: selection", "condition: nothing").replace("1111-4", "2222-4")
    )
    (summary,) = matches(capsys, "--rules", str(rules), "--summary", write(tmp_path, LINES))
    assert list(summary) == ["events", "rules_loaded", "rules_refused", "matches", "seconds"]
    assert (summary["events"], summary["rules_loaded"], summary["matches"]) == (4, 1, 2)
    (refusal,) = summary["rules_refused"]
    assert refusal["file"].endswith("broken.yml") and refusal["key"] == "detection.condition"
    assert "nothing" in refusal["reason"]


def test_rules_that_cannot_fire_and_what_rules_cost_are_told_when_asked(
    rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pipeline = write(
        tmp_path,
        "name: 严格\nstrict: true\nroutes: [{product: windows, fields: {CommandLine: cmd}}]\n",
        "strict.yaml",
    )
    words = ["--rules", str(rules), "--pipeline", pipeline, "--summary", "--idle", write(tmp_path, LINES)]
    (summary,) = matches(capsys, *words)
    assert [idle["reason"] for idle in summary["rules_idle"]] == ["这一日志源没有字段 Image"]
    assert summary["matches"] == 0 and summary["rules_slowest"][0]["title"] == "Whoami"


def test_a_pipeline_of_one_s_own_maps_fields(rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pipeline = write(tmp_path, "name: 自有\nfields: {Image: [process.path, exe]}\n", "own.yaml")
    events = write(
        tmp_path, '{"process": {"path": "C:\\\\whoami.exe"}}\n{"exe": "x\\\\WHOAMI.EXE"}\n{"Image": "\\\\whoami.exe"}\n'
    )
    found = matches(capsys, "--rules", str(rules), "--pipeline", pipeline, events)
    assert [match["event"] for match in found] == [0, 1]


def test_no_events_no_matches(rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert matches(capsys, "--rules", str(rules), write(tmp_path, "")) == []
    assert matches(capsys, "--rules", str(rules), write(tmp_path, "[]")) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no json\n", "不是 JSON"),
        (LINES + "{broken\n", "第 5 行"),
        (LINES + "[1]\n", "第 5 行"),
        ("[1, 2]", "第 1 个事件"),
        ('{\n "a": 1\n}\n{\n "b" 2\n}', "第 4 行"),
        (b"ElfFile\0\0\0", "EVTX"),
        (b"\x1f\x8b\x08\x00broken", "gzip"),
        (gzip.compress(LINES.encode())[:-20], "gzip"),
    ],
)
def test_what_cannot_be_read_ends_with_2_and_one_clear_line(
    text: str | bytes, said: str, rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["detect", "--rules", str(rules), write(tmp_path, text)]) == 2
    error = capsys.readouterr().err
    assert said in error and len(error.splitlines()) == 1


def test_missing_files_and_folders_without_rules_are_unusable(
    rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    events = write(tmp_path, LINES)
    for words, said in (
        (["--rules", str(rules), str(tmp_path / "gone.json")], "gone.json"),
        (["--rules", str(tmp_path / "gone"), events], "gone"),
        (["--rules", str(tmp_path), "--pipeline", str(tmp_path / "gone.yaml"), events], "gone.yaml"),
        (["--rules", str(rules)], "事件文件"),
    ):
        assert main(["detect", *words]) == 2, words
        assert said in capsys.readouterr().err
    (tmp_path / "empty").mkdir()
    assert main(["detect", "--rules", str(tmp_path / "empty"), events]) == 2
    assert "没有 .yml" in capsys.readouterr().err


def test_a_broken_pipeline_is_refused_with_file_key_and_reason(
    rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pipeline = write(tmp_path, "name: x\nroutes: [{when: {a: 1}}]\n", "wrong.yaml")
    assert main(["detect", "--rules", str(rules), "--pipeline", pipeline, write(tmp_path, LINES)]) == 2
    assert "wrong.yaml（routes.0）" in capsys.readouterr().err


def test_bad_rule_files_are_refused_and_the_others_run(
    rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = {
        "twice.yml": "title: a\ntitle: b\n",
        "empty.yml": "",
        "list.yml": "- 1\n",
        "latin.yml": RULE.replace("Whoami", "é").encode("latin-1"),
        "same_id.yml": RULE.replace("Whoami", "Another"),
        "tabs.yml": "title:\t[\n",
        "level.yml": RULE.replace("level: low", "level: extreme").replace("11111111", "33333333"),
        "bomb.yml": "a: &a [x, x, x, x]\nb: &b [*a, *a, *a, *a]\nc: &c [*b, *b, *b, *b]\nd: &d [*c, *c, *c, *c]\n"
        "e: &e [*d, *d, *d, *d]\nf: &f [*e, *e, *e, *e]\ng: [*f, *f, *f, *f]\n",
    }
    for name, text in bad.items():
        write(rules, text, name)
    (summary,) = matches(capsys, "--rules", str(rules), "--summary", write(tmp_path, LINES))
    refused = {Path(refusal["file"]).name for refusal in summary["rules_refused"]}
    assert refused | {"same_id.yml", "whoami.yml"} == bad.keys() | {"whoami.yml"}
    assert all(refusal["reason"] for refusal in summary["rules_refused"])
    assert (summary["rules_loaded"], summary["matches"]) == (1, 2)


def test_the_cache_is_used_and_a_spoilt_one_is_made_anew(
    rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    events = write(tmp_path, LINES)
    first = matches(capsys, "--rules", str(rules), events)
    place = cache.place([rules])
    whole = place.read_bytes()
    header, _, body = whole.partition(b"\n")
    for spoilt in (b"", b"\x80\x04.", header, whole[:-5], whole.replace(b"whoami", b"notepad"), b'{"a": 1}\n' + body):
        place.write_bytes(spoilt)
        assert matches(capsys, "--rules", str(rules), events) == first
        assert place.read_bytes() == whole
    place.chmod(0o666)  # anybody could have written it
    assert cache.read(place) == {}
    place.chmod(0o600)
    monkeypatch.setattr("qingdun.detection.core.load._reader", lambda: pytest.fail("read anew"))
    assert matches(capsys, "--rules", str(rules), events) == first


def test_a_changed_rule_is_read_anew(rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    events = write(tmp_path, LINES)
    assert len(matches(capsys, "--rules", str(rules), events)) == 2
    (rules / "deep" / "whoami.yml").write_text(RULE.replace("whoami.exe", "cmd.exe"))
    assert [match["event"] for match in matches(capsys, "--rules", str(rules), events)] == [0]


SSH = "<86>Jul 12 08:58:21 web01 sshd[3310]: Failed password for root from 198.51.100.120 port 16220 ssh2\n"
FAILED = """
title: Failed
id: 22222222-2222-4222-8222-222222222222
logsource: {product: qingdun}
detection: {selection: {event.outcome: failure, source.ip: 198.51.100.120}, condition: selection}
level: low
"""


def test_lines_as_received_are_read_matched_and_explained(
    tmp_path: Path, rules: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    (rules / "failed.yml").write_text(FAILED)
    file = write(tmp_path, SSH + "\n" + SSH.replace("198.51.100.120", "198.51.100.9"), "lines.log")
    assert main(["detect", "--rules", str(rules), "--lines", file]) == 0
    (match,) = map(json.loads, capfdbinary.readouterr().out.splitlines())
    assert (match["title"], match["event"]) == ("Failed", 0)
    assert main(["detect", "--rules", str(rules), "--lines", "--explain", FAILED.split()[3], file]) == 0
    first, second = map(json.loads, capfdbinary.readouterr().out.splitlines())
    assert (first["holds"], second["holds"]) == (True, False)
    assert "198.51.100.9" in json.dumps(second["why"])


@pytest.mark.parametrize("wrong", [["--explain", "nosuch"], ["--lines", "--format", "nosuch"]])
def test_what_does_not_exist_is_named(
    tmp_path: Path, rules: Path, wrong: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["detect", "--rules", str(rules), *wrong, write(tmp_path, json.dumps(HIT))]) == 2
    assert "nosuch" in capfd.readouterr().err
