"""LDAP against a real slapd of Debian (package `slapd`)."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from qingdun.audit.models import Entry

SLAPD = os.environ.get("QINGDUN_SLAPD") or shutil.which("slapd", path="/usr/sbin:/usr/local/sbin:" + os.environ["PATH"])
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings(
        "ignore:(tag|type)Map is deprecated:DeprecationWarning"
    ),  # ldap3 2.9 says pyasn1's old names
    pytest.mark.skipif(not SLAPD, reason="no slapd on this machine (apt-get install slapd, or QINGDUN_SLAPD)"),
]
BASE = "dc=example,dc=cn"
READER, WORD = f"cn=reader,{BASE}", "reader-Secret-1"
ENTRIES = f"""
dn: {BASE}
objectClass: dcObject
objectClass: organization
dc: example
o: Example

dn: uid=zhang,{BASE}
objectClass: account
objectClass: simpleSecurityObject
uid: zhang
host: 7001
userPassword: Zhang-Secret-1

dn: uid=wang,{BASE}
objectClass: account
objectClass: simpleSecurityObject
uid: wang
host: 7002
host: 7003
userPassword: Wang-Secret-1
"""


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A directory with two people; its address."""
    folder = tmp_path_factory.mktemp("slapd")
    (folder / "db").mkdir()
    schema = next(path for path in (_beside("schema"), Path("/etc/ldap/schema")) if path.is_dir())
    modules = next(path for path in (_beside("modules"), Path("/usr/lib/ldap")) if path.is_dir())
    (folder / "slapd.conf").write_text(
        f"include {schema}/core.schema\ninclude {schema}/cosine.schema\nmodulepath {modules}\nmoduleload back_mdb.la\n"
        f"pidfile {folder}/pid\ndatabase mdb\nsuffix {BASE}\nrootdn {READER}\nrootpw {WORD}\ndirectory {folder}/db\n"
        "access to attrs=userPassword by anonymous auth\naccess to * by anonymous none\n"
    )
    (folder / "entries.ldif").write_text(ENTRIES)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"ldap://127.0.0.1:{free.getsockname()[1]}"
    conf = ["-f", str(folder / "slapd.conf")]
    add = [str(SLAPD), "-T", "add", *conf, "-l", str(folder / "entries.ldif")]
    subprocess.run(add, check=True, capture_output=True)
    process = subprocess.Popen([str(SLAPD), *conf, "-h", address, "-d", "0"], stderr=subprocess.PIPE)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", int(address.rpartition(":")[2]))) == 0:
                break
        time.sleep(0.05)
    yield address
    process.terminate()
    process.communicate(timeout=10)


def _beside(name: str) -> Path:
    """Where a slapd that was unpacked and not installed keeps its files: `$QINGDUN_SLAPD_FILES/<name>`."""
    return Path(os.environ.get("QINGDUN_SLAPD_FILES", "/nonexistent")) / name


@pytest.fixture
def door(directory: str, make_door: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    monkeypatch.setenv("LDAP_WORD", WORD)

    def make(**more: Any) -> None:
        given = {"server": directory, "base": BASE, "reader": READER, "secret": {"env": "LDAP_WORD"}, **more}
        make_door(kind="ldap", **{name: value for name, value in given.items() if value is not None})

    make()
    return make


def knock(client: Client, username: str = "zhang", password: str = "Zhang-Secret-1") -> Any:
    return client.post("/login/door/city/", {"username": username, "password": password})


def test_the_directorys_password_leads_in(client: Client, door: Any, tied: Callable[..., Any]) -> None:
    account = tied("zhang")
    assert "用市统一认证登录" in client.get("/login/door/city/").content.decode()
    assert knock(client).headers["Location"] == "/"
    assert client.session["_auth_user_id"] == str(account.pk)
    assert Entry.objects.get(action="access.login").reason == "市统一认证"


@pytest.mark.parametrize(
    ("username", "word"),
    [
        ("zhang", "wrong"),
        ("nobody", "Zhang-Secret-1"),
        ("*", "Zhang-Secret-1"),
        ("zhang)(uid=*", "Zhang-Secret-1"),
        ("z*", "Zhang-Secret-1"),
    ],
)
def test_a_wrong_name_or_password_is_refused_in_the_same_words(
    client: Client, door: Any, tied: Callable[..., Any], username: str, word: str
) -> None:
    tied("zhang")
    answer = knock(client, username, word)
    assert answer.status_code == 200 and "账号或口令不对" in answer.content.decode()
    assert "_auth_user_id" not in client.session
    assert Entry.objects.order_by("-sequence")[0].subject == "（无此账号）"


def test_an_empty_password_is_no_password(door: Any) -> None:
    from qingdun.access.doors import doors, ldap

    assert ldap.proven(doors()["city"], "zhang", "") == ""
    assert ldap.proven(doors()["city"], "", "x") == ""


def test_guessing_is_locked_as_at_our_own_door(client: Client, door: Any, tied: Callable[..., Any]) -> None:
    tied("zhang")
    assert [knock(client, password="wrong").status_code for _ in range(5)][-1] == 429
    assert knock(client).status_code == 429, "the right one, too"
    assert knock(Client(REMOTE_ADDR="192.0.2.7")).headers["Location"] == "/"


def test_the_right_password_ends_the_count(client: Client, door: Any, tied: Callable[..., Any]) -> None:
    tied("zhang")
    for _ in range(4):
        knock(client, password="wrong")
    knock(client)
    client.post("/logout/")
    assert [knock(client, password="wrong").status_code for _ in range(4)] == [200] * 4


def test_another_attribute_may_be_the_identity(client: Client, door: Any, tied: Callable[..., Any]) -> None:
    door(id="host", find="(&(objectClass=account)(uid={username}))")
    account = tied("7001")
    knock(client)
    assert client.session["_auth_user_id"] == str(account.pk)


def test_two_values_are_no_identity(client: Client, door: Any, tied: Callable[..., Any]) -> None:
    door(id="host")
    tied("7002")
    assert knock(client, "wang", "Wang-Secret-1").headers["Location"] == "/login/"
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("more", [{"server": "ldap://127.0.0.1:9"}, {"reader": f"cn=other,{BASE}"}])
def test_a_directory_that_does_not_serve_is_told_in_words(client: Client, door: Any, more: dict[str, str]) -> None:
    door(**more)
    assert knock(client).headers["Location"] == "/login/"
    assert "外部登录没有成功" in client.get("/login/").content.decode()
