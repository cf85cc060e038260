"""A hundredth of July through the real pipeline, in an installation of its own."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.logs.installation import QINGDUN

pytestmark = pytest.mark.process


def run(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"QINGDUN_HOME": str(home), "QINGDUN_DATABASE_URL": ""}
    return subprocess.run(
        [str(QINGDUN), *words], env=environment, capture_output=True, text=True, timeout=300, check=False
    )


def figures(home: Path) -> dict[str, Any]:
    done = run(home, "figures", "--at", "2022-07-31", "--json")
    assert done.returncode == 0, done.stderr
    return {one["key"]: one["value"] for one in json.loads(done.stdout)}


def test_what_the_figures_say_is_what_was_planned(tmp_path: Path) -> None:
    done = run(tmp_path, "sample", "july", "--scale", "0.01")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    planned, found = summary["planned"], figures(tmp_path)
    assert found["attacks_intercepted"] == planned["intercepted"]
    assert summary["blind_batches"] == 0
    again = run(tmp_path, "sample", "july")
    assert (again.returncode, again.stderr.count("\n")) == (2, 1)
    assert "已灌入过" in again.stderr


def test_a_real_installation_takes_no_sample(tmp_path: Path) -> None:
    (tmp_path / "qingdun.sqlite3").touch()
    done = run(tmp_path, "sample", "july")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "正式安装" in done.stderr
