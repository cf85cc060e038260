"""`qingdun collect`: the doors through which logs come in."""

from __future__ import annotations

import argparse
import asyncio
import signal
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from qingdun.lib.command import Unusable
from qingdun.lib.home import home

if TYPE_CHECKING:
    from qingdun.logs.collect.service import Collector, Ports

HELP = "采集日志：Syslog（UDP、TCP、TLS）、HTTP 推送、文件"
DJANGO = True


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="监听的地址，0.0.0.0 为全部")
    parser.add_argument("--syslog", type=_port, default=5514, help="Syslog 端口（UDP 与 TCP），off 为不开")
    parser.add_argument("--tls", type=_port, default=-1, help="Syslog TLS 端口，默认为 Syslog 端口加 1000，off 为不开")
    parser.add_argument("--push", type=_port, default=-1, help="HTTP 推送端口，默认为 Syslog 端口加 1，off 为不开")
    parser.add_argument("--cert", type=Path, help="TLS 证书（PEM）；不给则用首次启动时自签的证书")
    parser.add_argument("--key", type=Path, help="TLS 私钥（PEM）")


def run(options: argparse.Namespace) -> int:
    from qingdun.logs.collect import certificate
    from qingdun.logs.collect.service import Collector
    from qingdun.logs.spool.files import FileSpool

    ports = _ports(options)
    tls = None if ports.tls is None else certificate.context(options.cert, options.key, home() / "tls")
    spool = FileSpool()
    try:
        asyncio.run(_serve(lambda: Collector(spool, options.host, ports, tls)))
    except (OSError, OverflowError) as error:
        raise Unusable(f"在 {options.host} 上打不开端口（{error}），请换端口或停掉占用它的程序") from None
    finally:
        spool.close()
    return 0


async def _serve(made: Callable[[], Collector]) -> None:
    stop = asyncio.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(sign, stop.set)
    collector = made()
    await collector.run(stop)


def _port(text: str) -> int | None:
    if text == "off":
        return None
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text} 不是端口：应为 0 至 65535，或 off")
    return int(text)


def _ports(options: argparse.Namespace) -> Ports:
    """-1 stands for "beside the syslog port"; beside any free port is any free port."""
    from qingdun.logs.collect.service import Ports

    def beside(port: int | None, step: int) -> int | None:
        if port != -1:
            return port
        return None if options.syslog is None else options.syslog and options.syslog + step

    return Ports(options.syslog, beside(options.tls, 1000), beside(options.push, 1))
