"""Which processes make up the platform on one machine, and how each is started."""

from __future__ import annotations

import sys

from qingdun.config.supervisor import Part


def parts(host: str, port: int, syslog: int) -> list[Part]:
    """Collector first (a device's line must find an open door), pages last."""
    command = [sys.executable, "-m", "qingdun.config.cli"]
    return [
        Part("采集", [*command, "collect", "--host", host, "--syslog", str(syslog)]),
        Part("入库", [*command, "work"]),
        Part("封禁", [*command, "enforce"]),
        Part("任务", [*command, "jobs"]),
        Part("网页", [*command, "web", "--bind", f"{host}:{port}"]),
    ]
