"""Network namespaces for tests: hosts of their own on this machine, gone when the test is."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest


def require() -> None:
    """Skip clearly where nftables cannot be had; fail where everything is required."""
    missing = [one for one in ("nft", "ip") if not shutil.which(one)]
    why = f"lacks {missing}" if missing else "" if os.geteuid() == 0 else "not root"
    if not why and run("ip", "netns", "add", "qd-probe", check=False).returncode:
        why = "may not make network namespaces"
    run("ip", "netns", "del", "qd-probe", check=False)
    if why and os.environ.get("QINGDUN_REQUIRE"):
        pytest.fail(f"nftables is required: {why}")
    if why:
        pytest.skip(f"nftables: {why}")


def run(*command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=check, timeout=20)


@contextmanager
def namespace(name: str) -> Iterator[str]:
    run("ip", "netns", "del", name, check=False)
    run("ip", "netns", "add", name)
    run("ip", "-n", name, "link", "set", "lo", "up")
    try:
        yield name
    finally:
        run("ip", "netns", "del", name, check=False)
