"""nftables over SSH, through a real sshd of our own that knows one key."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from qingdun.operations import actions
from qingdun.operations.delivery.runner import Runner
from qingdun.operations.models import Enforcer
from tests.operations.delivery import netns

pytestmark = [pytest.mark.django_db, pytest.mark.process]


@pytest.fixture
def remote(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Settings of a device reached over SSH; its firewall is a network namespace."""
    netns.require()
    sshd = shutil.which("sshd") or "/usr/sbin/sshd"
    if not Path(sshd).exists() or not shutil.which("ssh"):
        if os.environ.get("QINGDUN_REQUIRE"):
            pytest.fail("sshd is required")
        pytest.skip("no sshd on this machine (apt-get install openssh-server)")
    for name in ("host", "client"):
        netns.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / name))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = tmp_path / "sshd_config"
    config.write_text(
        f"ListenAddress 127.0.0.1:{port}\nHostKey {tmp_path}/host\nAuthorizedKeysFile {tmp_path}/client.pub\n"
        f"PasswordAuthentication no\nKbdInteractiveAuthentication no\nUsePAM no\nStrictModes no\n"
        f"PermitRootLogin prohibit-password\nPidFile {tmp_path}/pid\n"
    )
    Path("/run/sshd").mkdir(exist_ok=True)
    key = (tmp_path / "host.pub").read_text().rsplit(" ", 1)[0]
    (tmp_path / "known").write_text(f"[127.0.0.1]:{port} {key}\n")
    with netns.namespace(f"qd-ssh-{os.getpid()}") as space:
        process = subprocess.Popen([sshd, "-D", "-e", "-f", str(config)], stderr=subprocess.DEVNULL)
        _await(port)
        try:
            yield {
                "host": "127.0.0.1",
                "port": str(port),
                "user": "root",
                "netns": space,
                "key_file": str(tmp_path / "client"),
                "known_hosts": str(tmp_path / "known"),
            }
        finally:
            process.terminate()
            process.wait(10)


def test_it_blocks_over_ssh(remote: dict[str, str], officer: Any) -> None:
    device = Enforcer.objects.create(name="远程", kind="nftables", settings=remote)
    actions.block(["198.51.100.7"], by=officer, reason="扫描", until=timezone.now() + timedelta(days=1))
    Runner(device.pk).turn(timezone.now())
    device.refresh_from_db()
    assert device.failure == ""
    listed = netns.run("ip", "netns", "exec", remote["netns"], "nft", "list", "set", "inet", "qingdun", "in4").stdout
    assert "198.51.100.7" in listed


def test_a_host_with_another_key_is_not_spoken_to(remote: dict[str, str], officer: Any, tmp_path: Path) -> None:
    (tmp_path / "known").write_text("")
    device = Enforcer.objects.create(name="远程", kind="nftables", settings=remote)
    actions.block(["198.51.100.7"], by=officer, reason="扫描", until=timezone.now() + timedelta(days=1))
    Runner(device.pk).turn(timezone.now())
    device.refresh_from_db()
    assert "SSH 不通" in device.failure


def _await(port: int) -> None:
    until = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            assert time.monotonic() < until
            time.sleep(0.05)
