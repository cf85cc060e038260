from __future__ import annotations

from pathlib import Path

import pytest

from qingdun.config.cli import main


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[list[str]]:
    """The command lines the process would have become."""
    found: list[list[str]] = []
    monkeypatch.setenv("QINGDUN_HOME", str(tmp_path))
    monkeypatch.setattr("os.execv", lambda _file, command: found.append(command) or exit(0))
    return found


@pytest.mark.parametrize("bind", ["0.0.0.0:80", "192.0.2.1:80", ":80", "unix:/run/x"])
def test_a_sample_installation_listens_to_this_machine_only(
    started: list[list[str]], tmp_path: Path, bind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "sample").touch()
    assert main(["web", "--bind", bind]) == 2
    assert "样例" in capsys.readouterr().err
    assert not started


def test_a_real_one_listens_where_it_is_told_with_our_worker(started: list[list[str]], tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        main(["web", "--bind", "0.0.0.0:80"])
    (command,) = started
    assert command[command.index("--bind") + 1] == "0.0.0.0:80"
    assert command[command.index("--worker-class") + 1] == "qingdun.config.worker.Worker"
