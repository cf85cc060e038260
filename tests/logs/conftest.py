from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.logs.installation import MIGRATE, Installation


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An empty installation whose records every `installation` begins as a copy of."""
    url = os.environ.get("QINGDUN_DATABASE_URL", "")
    name = f"qingdun_template_{secrets.token_hex(4)}"
    if url:
        _create(url, name)
    installation = Installation(tmp_path_factory.mktemp("migrated"), _named(url, name))
    subprocess.run([sys.executable, "-c", MIGRATE], env=installation.environment, check=True, timeout=120)
    yield installation
    if url:
        _drop(url, name)


@pytest.fixture
def installation(migrated: Installation, tmp_path: Path) -> Iterator[Installation]:
    """A fresh installation; what it started is stopped at the end."""
    url = os.environ.get("QINGDUN_DATABASE_URL", "")
    home, name = tmp_path / "home", f"qingdun_test_{secrets.token_hex(4)}"
    shutil.copytree(migrated.home, home)
    if url:
        template = migrated.environment["QINGDUN_DATABASE_URL"].partition("?")[0].rpartition("/")[2]
        _create(url, name, template)
    fresh = Installation(home, _named(url, name))
    yield fresh
    for process in fresh.running.values():
        process.kill()
        process.wait()
    if url:
        _drop(url, name)


def _named(url: str, database: str) -> str:
    """The same PostgreSQL server, another database."""
    before, sign, options = url.partition("?")
    return before.rpartition("/")[0] + "/" + database + sign + options if url else ""


def _create(url: str, name: str, template: str = "template0") -> None:
    _execute(url, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')


def _drop(url: str, name: str) -> None:
    _execute(url, f'DROP DATABASE "{name}" WITH (FORCE)')


def _execute(url: str, statement: str) -> None:
    import psycopg

    with psycopg.connect(_named(url, "postgres"), autocommit=True) as connection:
        connection.execute(statement)
