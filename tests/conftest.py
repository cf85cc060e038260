"""What every test shares: an installation of its own, builders, visitors, and what a machine may lack.

Django is started here and not by an ini line: the home must be named before the settings are read.
"""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings as hypothesis_settings

HOME = Path(tempfile.mkdtemp(prefix="qingdun-test-"))
os.environ["QINGDUN_HOME"] = str(HOME)
os.environ["DJANGO_SETTINGS_MODULE"] = "qingdun.config.settings"
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # playwright keeps an event loop beside the live server
os.environ.pop("QINGDUN_CONTENT", None)

hypothesis_settings.register_profile("qingdun", deadline=None, max_examples=60, database=None)
hypothesis_settings.load_profile("qingdun")

PASSWORD = "correct-Horse-9-battery"  # of every account a builder makes
LOOPBACK = ("127.", "::1", "localhost")


def pytest_configure() -> None:
    from django.conf import settings

    (HOME / "static").mkdir(exist_ok=True)
    settings.STATIC_ROOT = HOME / "static"
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):  # a file, so that threads have connections of their own, as in life
        database.setdefault("TEST", {})["NAME"] = HOME / "test.sqlite3"
    else:  # nothing of a test has to survive the server
        database["OPTIONS"]["options"] = "-c synchronous_commit=off"


def pytest_unconfigure() -> None:
    shutil.rmtree(HOME, ignore_errors=True)


# --- what may be absent ---------------------------------------------------------------------------------------------


def _absent(marker: str) -> str:
    """Why tests with this marker cannot run here; empty when they can."""
    match marker:
        case "postgres":
            if not os.environ.get("QINGDUN_DATABASE_URL", "").startswith("postgres"):
                return "QINGDUN_DATABASE_URL names no PostgreSQL"
        case "superuser":
            if not _is_superuser():
                return "the PostgreSQL account is no superuser"
        case "browser":
            if not (shutil.which("chromium") or os.environ.get("QINGDUN_CHROMIUM")):
                return "no chromium on this machine (apt-get install chromium)"
        case "corpus":
            if not Path(os.environ.get("QINGDUN_CORPORA", "/nonexistent")).is_dir():
                return "QINGDUN_CORPORA names no folder"
    return ""


def _is_superuser() -> bool:
    url = os.environ.get("QINGDUN_DATABASE_URL", "")
    if not url.startswith("postgres"):
        return False
    import psycopg

    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
        return bool(row and row[0])


def _later(marker: str) -> bool:
    """`make test` runs everything that touches records a second time on PostgreSQL when it is told where one is."""
    return marker == "postgres" and bool(os.environ.get("QINGDUN_TEST_POSTGRES"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip what this machine lacks, or fail at once with QINGDUN_REQUIRE=1 (the corpora are never required)."""
    if os.environ.get("QINGDUN_DATABASE_URL", "").startswith("postgres"):
        _leave_out_what_needs_no_records(config, items)
    skipped: dict[str, list[pytest.Item]] = {}
    for marker in ("postgres", "superuser", "browser", "corpus"):
        if reason := _absent(marker):
            found = [item for item in items if item.get_closest_marker(marker)]
            if (
                found
                and marker not in ("corpus", "superuser")
                and os.environ.get("QINGDUN_REQUIRE") == "1"
                and not _later(marker)
            ):
                raise pytest.UsageError(f"{len(found)} {marker} tests are required but {reason}")
            for item in found:
                item.add_marker(pytest.mark.skip(reason=reason))
            skipped |= {f"{marker}: {reason}": found} if found else {}
    items.sort(
        key=lambda item: item.get_closest_marker("browser") is None
    )  # the longest file is never the last to begin
    config.stash[SKIPPED] = [f"skipped {len(tests)} tests, {why}" for why, tests in skipped.items()]


def _leave_out_what_needs_no_records(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The pass on PostgreSQL is about records: what never opens the database was tried in the other one."""
    fixtures = {"db", "transactional_db", "live_server", "django_db_setup"}
    kept, left = [], []
    for one in items:
        needs = one.get_closest_marker("django_db") or fixtures & set(getattr(one, "fixturenames", ()))
        (kept if needs else left).append(one)
    config.hook.pytest_deselected(items=left)
    items[:] = kept


SKIPPED = pytest.StashKey[list[str]]()


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    for line in config.stash.get(SKIPPED, []):
        terminalreporter.write_line(line)


# --- isolation ------------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing reaches the network: a connection beyond this machine is a failure, not a slow test."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and not str(address[0]).startswith(LOOPBACK):
            raise AssertionError(f"a test tried to reach {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


_series = count(1)


@pytest.fixture(autouse=True)
def _checkpoints_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """The audit chain of each test begins anew, so its checkpoints must not find those of the test before."""
    monkeypatch.setenv("QINGDUN_CHECKPOINTS", str(HOME / f"checkpoints-{next(_series)}"))


@pytest.fixture(autouse=True)
def _fresh_language() -> Iterator[None]:
    """A request in English must not leave its thread English for the next test."""
    from django.utils import translation

    yield
    translation.deactivate()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Emptying tables after a transactional test is what the guards exist to refuse: they are lifted for it."""
    from django.db import connection

    from qingdun.access import guards as powers
    from qingdun.audit import guards

    operations = type(connection.ops)  # of every connection: beside playwright's loop this thread has a second one
    flush = operations.execute_sql_flush

    def without_guards(self: Any, statements: list[str]) -> None:
        guards.remove(self.connection)
        powers.remove(self.connection)
        flush(self, statements)
        guards.install(self.connection)
        powers.install(self.connection)

    operations.execute_sql_flush = without_guards


# --- builders -------------------------------------------------------------------------------------------------------


@pytest.fixture
def password() -> str:
    return PASSWORD


@pytest.fixture
def make_unit(db: None) -> Callable[..., Any]:
    """`make_unit(code=…, parent=…, name=…, level=…)`: without a parent the one root unit."""
    from qingdun.access.actions import create_unit
    from qingdun.access.models import Unit

    numbers = count(1)

    def make(code: str = "", *, parent: Any = None, name: str = "", level: str = "") -> Any:
        if parent is None:
            root = Unit.objects.filter(parent=None).first()
            return root or create_unit(code or "city", name or "云河市", level or "city", None, by=None)
        code = code or f"unit-{next(numbers)}"
        return create_unit(code, name or f"单位 {code}", level or "city", parent, by=None)

    return make


@pytest.fixture
def make_person(make_unit: Callable[..., Any]) -> Callable[..., Any]:
    """`make_person(name=…, unit=…)`."""
    from qingdun.access.models import Person

    numbers = count(1)

    def make(name: str = "", *, unit: Any = None) -> Any:
        return Person.objects.create(name=name or f"人员{next(numbers)}", unit=unit or make_unit())

    return make


@pytest.fixture
def make_grant() -> Callable[..., Any]:
    """`make_grant(account, role, unit=…, starts=…, ends=…)`: by default over the person's unit, a year around today."""
    from qingdun.access.actions import grant

    def make(account: Any, role: str, *, unit: Any = None, starts: date | None = None, ends: date | None = None) -> Any:
        today = date.today()
        starts, ends = starts or today - timedelta(days=182), ends or today + timedelta(days=182)
        return grant(account, role, unit or account.person.unit, starts, ends, by=None, reason="测试")

    return make


@pytest.fixture
def make_account(make_person: Callable[..., Any], make_grant: Callable[..., Any]) -> Callable[..., Any]:
    """`make_account(role=…, unit=…, username=…, person=…)`: signs in with the `password` fixture at once."""
    from qingdun.access.actions import create_account

    numbers = count(1)

    def make(
        role: str = "", *, unit: Any = None, username: str = "", person: Any = None, must_change: bool = False
    ) -> Any:
        account = create_account(
            username or f"account{next(numbers)}",
            person or make_person(unit=unit),
            PASSWORD,
            by=None,
            must_change=must_change,
        )
        if role:
            make_grant(account, role, unit=unit)
        return account

    return make


@pytest.fixture
def visitor(make_account: Callable[..., Any]) -> Callable[..., Any]:
    """`visitor(role, unit=…)`: a client already signed in as a fresh account; its account is `client.account`."""
    from tests.visitors import enter

    def signed_in(role: str = "", *, unit: Any = None, account: Any = None) -> Any:
        return enter(account or make_account(role, unit=unit))

    return signed_in
