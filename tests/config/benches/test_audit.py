from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.process
def test_it_measures_and_says_the_ratio(tmp_path: Path) -> None:
    """In a process of its own: it makes an installation of its own, too."""
    command = [sys.executable, "-m", "qingdun.config.cli", "bench", "audit", "--hosts", "40", "--runs", "2"]
    done = subprocess.run(
        command, check=False, env=os.environ | {"QINGDUN_HOME": str(tmp_path)}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "逐条入链：中位" in done.stdout and "上限 20%" in done.stdout
