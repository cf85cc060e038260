"""An installation of its own, thrown away afterwards, in which a measurement runs as a process of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from qingdun.lib.command import Unusable


@contextmanager
def installation(database: str) -> Iterator[dict[str, str]]:
    """The environment of an empty, migrated installation. `database`: an empty PostgreSQL database; "" for SQLite."""
    home = Path(tempfile.mkdtemp(prefix="qingdun-bench-"))
    chosen = {"QINGDUN_HOME": str(home), "QINGDUN_DATABASE_URL": database, "QINGDUN_DISK_FLOOR": ""}
    environment = os.environ | chosen | {"DJANGO_SETTINGS_MODULE": "qingdun.config.settings"}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "django", "migrate", "--verbosity", "0"],
            env=environment, check=False, capture_output=True, text=True,
        )  # fmt: skip
        if done.returncode:
            raise Unusable(f"记录库建不起来：{done.stderr.strip().splitlines()[-1]}；请检查 --database")
        yield environment
    finally:
        shutil.rmtree(home)
