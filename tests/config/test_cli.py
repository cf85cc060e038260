"""The command line: found by file name, one clear line for bad input."""

from __future__ import annotations

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
