"""The command line: found by file name, one clear line for bad input."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from qingdun.config import cli


def test_every_command_says_what_it_does_and_runs() -> None:
    from importlib import import_module

    for name, path in cli.commands().items():
        module = import_module(path)
        assert module.HELP and callable(module.arguments) and callable(module.run), name


def test_overview_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--help"]) == 0
    printed = capsys.readouterr().out
    assert all(f"  {name}" in printed for name in cli.commands())


def test_nobody_reading_on_ends_quietly(tmp_path: Path) -> None:
    (tmp_path / "lines").write_text("src=192.0.2.1 dst=192.0.2.2 act=block\n" * 20_000, "utf-8")
    command = f"{sys.executable} -m qingdun.config.cli parse {tmp_path}/lines | head -1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)
    assert done.stdout.count("\n") == 1 and not done.stderr


def test_a_closed_connection_ends_no_server() -> None:
    """SIGPIPE would: anybody could end the collector by hanging up at the right moment."""
    found = subprocess.run(
        [sys.executable, "-c", "import signal, sys; from qingdun.config.cli import main; main(['--version']); "
         "sys.exit(signal.getsignal(signal.SIGPIPE) is not signal.SIG_IGN)"],
        check=False,
    )  # fmt: skip
    assert found.returncode == 0


def test_what_a_command_writes_is_its_owners_only(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        cli.main(["--version"])
        (tmp_path / "written").touch()
    finally:
        os.umask(before)
    assert (tmp_path / "written").stat().st_mode & 0o777 == 0o600


def test_unknown_command_exits_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["nonsense"]) == 2
    assert "用法" in capsys.readouterr().err


def test_unusable_input_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["figures", "--at", "31.7.2022"]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "qingdun figures: --at 的值“31.7.2022”不是日期；请写成 2022-07-31 的样子"
    ]


def test_parse_starts_without_django(tmp_path: Path) -> None:
    (tmp_path / "empty.log").write_bytes(b"")
    script = (
        "import sys; from qingdun.config.cli import main;"
        f"main(['parse', {str(tmp_path / 'empty.log')!r}]); sys.exit('django' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
