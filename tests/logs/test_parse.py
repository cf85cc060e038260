"""`qingdun parse` on files: NDJSON in input order, and one clear line for what cannot be used."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from qingdun.config.cli import main


def parse(capfdbinary: pytest.CaptureFixture[bytes], *words: str) -> list[dict[str, Any]]:
    assert main(["parse", *words]) == 0
    return [json.loads(line) for line in capfdbinary.readouterr().out.splitlines()]


def test_one_object_per_event_in_input_order(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    file = tmp_path / "mixed.log"
    file.write_bytes(
        b'198.51.100.9 - - [12/Jul/2022:08:57:01 +0800] "GET /a?b=1 HTTP/1.1" 404 255 "-" "curl/8"\n'
        b"\n"
        b'[{"src_ip":"10.0.0.1","note":"x\\"y"},{"src_ip":"10.0.0.2"}]\n'
        b"~~~\n" + "源IP=10.0.0.3 动作=拒绝".encode("gb18030")
    )
    access, first, second, unread, chinese = parse(capfdbinary, str(file))
    assert [event["qingdun.line"] for event in (access, first, second, unread, chinese)] == [0, 2, 2, 3, 4]
    assert access["@timestamp"] == "2022-07-12T08:57:01+08:00"
    assert (access["qingdun.format"], access["url.path"]) == ("nginx_access", "/a")
    assert (access["http.response.status_code"], access["source.ip"]) == (404, "198.51.100.9")
    assert "http.request.referrer" not in access
    assert (first["source.ip"], first["labels.note"]) == ("10.0.0.1", 'x"y')
    assert unread["error.message"]
    assert unread["event.original"] == "~~~"
    assert (chinese["source.ip"], chinese["qingdun.action"]) == ("10.0.0.3", "blocked")


def test_batches_keep_counting(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qingdun.logs.commands.parse._LINES", 3)
    monkeypatch.setattr("qingdun.logs.commands.parse._BYTES", 40)
    file = tmp_path / "many.log"
    file.write_text("".join(f"src=10.0.0.{n} n={n}\n" for n in range(20)))
    events = parse(capfdbinary, str(file))
    assert [event["qingdun.line"] for event in events] == list(range(20))
    assert [event["labels.n"] for event in events] == [str(n) for n in range(20)]


def test_standard_input_is_read_without_django(tmp_path: Path) -> None:
    code = (
        "import sys; from qingdun.config.cli import main; code = main(['parse', '-']); "
        "assert not [name for name in sys.modules if name.split('.')[0] == 'django']; sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", code], input=b"src=10.0.0.1\n", capture_output=True, check=False)
    assert (done.returncode, json.loads(done.stdout)["source.ip"]) == (0, "10.0.0.1"), done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["parse", "/no/such/file"], "/no/such/file"),
        (["parse", "--format", "nginx_acess", "-"], "nginx_access"),
        (["parse", "--zone", "Mars/Phobos", "-"], "Mars/Phobos"),
    ],
)
def test_unusable_input_gets_one_clear_line(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
