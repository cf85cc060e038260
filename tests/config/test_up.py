"""One command to a running platform, and Ctrl-C stops all of it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.process


def _free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _command(*words: str) -> list[str]:
    return [sys.executable, "-m", "qingdun.config.cli", "up", *words]


def _environment(home: Path) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if key != "QINGDUN_DATABASE_URL"}
    return kept | {"QINGDUN_HOME": str(home), "PYTHONUNBUFFERED": "1"}


def _try(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        _command(*words), env=_environment(home), capture_output=True, text=True, timeout=120, check=False
    )


def _using(home: Path) -> list[str]:
    """Command lines of the processes whose environment names this home."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"QINGDUN_HOME={home}".encode() in (folder / "environ").read_bytes():
                found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return [line for line in found if line]


@pytest.fixture
def running(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], Path, int]]:
    home, port, syslog = tmp_path / "home", _free(), _free()
    command = _command("--sample", "none", "--port", str(port), "--syslog", str(syslog))
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with subprocess.Popen(command, env=_environment(home), text=True, **pipes) as process:
        try:
            yield process, home, port
        finally:
            process.kill()


def test_first_start_shows_three_passwords_once_and_ctrl_c_stops_everything(
    running: tuple[subprocess.Popen[str], Path, int],
) -> None:
    process, home, port = running
    assert process.stdout is not None
    printed = []
    for line in process.stdout:
        printed.append(line)
        if "已启动" in line:
            break
    words = re.findall(r"账号 (\S+)\s+口令 (\S+)", "".join(printed))
    assert len(words) == 3 and len({password for _name, password in words}) == 3, "".join(printed)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/login/", timeout=10) as page:
        assert page.status == 200 and "default-src 'self'" in page.headers["Content-Security-Policy"]
    assert len(_using(home)) >= 5
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0
    deadline = time.monotonic() + 10
    while _using(home) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert _using(home) == []


def test_a_sample_never_leaves_this_machine(tmp_path: Path) -> None:
    answer = _try(tmp_path, "--sample", "small", "--host", "0.0.0.0")
    assert answer.returncode == 2 and "只能监听 127.0.0.1" in answer.stderr


def test_sample_and_own_data_never_mix(tmp_path: Path) -> None:
    (tmp_path / "sample").touch()
    answer = _try(tmp_path, "--sample", "none")
    assert answer.returncode == 2 and "样例安装" in answer.stderr
    (tmp_path / "sample").unlink()
    (tmp_path / "qingdun.sqlite3").touch()
    answer = _try(tmp_path, "--sample", "small")
    assert answer.returncode == 2 and "正式安装" in answer.stderr


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        answer = _try(tmp_path, "--port", str(port), "--syslog", str(_free()))
    assert answer.returncode == 2
    assert answer.stderr.startswith(f"qingdun up: 不能监听 127.0.0.1:{port}") and "换一个端口" in answer.stderr
