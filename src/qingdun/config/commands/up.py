"""`qingdun up`: the whole platform on one machine, with nothing but its own files."""

from __future__ import annotations

import argparse
import socket
import sys
import threading
import time
import urllib.error
import urllib.request

from qingdun.config.parts import parts
from qingdun.config.preparing import prepare, refuse_mixing
from qingdun.config.supervisor import Supervisor
from qingdun.lib.command import Unusable
from qingdun.lib.home import home

HELP = "启动整个平台（网页、采集、入库、任务），按 Ctrl-C 全部停止"
READY_WITHIN = 60.0


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--sample", choices=["none", "small"], default="none", help="带一个虚构城市的样例启动，只监听本机"
    )
    parser.add_argument("--host", default="127.0.0.1", help="网页与采集监听的地址（样例安装固定为 127.0.0.1）")
    parser.add_argument("--port", type=int, default=8000, help="网页端口")
    parser.add_argument("--syslog", type=int, default=5514, help="Syslog 端口（UDP 与 TCP）")


def run(options: argparse.Namespace) -> int:
    sampled = options.sample != "none"
    refuse_mixing(options.sample)
    if sampled and options.host != "127.0.0.1":
        raise Unusable(
            f"样例安装的口令是公开的，只能监听 127.0.0.1，不能监听 {options.host}；正式使用请加 --sample none"
        )
    for kind, port in (
        (socket.SOCK_STREAM, options.port),
        (socket.SOCK_STREAM, options.syslog),
        (socket.SOCK_DGRAM, options.syslog),
    ):
        _refuse_taken(options.host, port, kind)
    fresh = prepare(options.sample)
    supervisor = Supervisor(parts(options.host, options.port, options.syslog))
    supervisor.start()
    try:
        _await_page(options, supervisor)
        _greet(options)
        if sampled:
            threading.Thread(target=_send_sample, args=(options.sample, options.syslog, fresh), daemon=True).start()
        supervisor.run()
    finally:
        supervisor.stop()
    print("已全部停止", file=sys.stderr)
    return 0


def _refuse_taken(host: str, port: int, kind: socket.SocketKind) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, kind) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Unusable(f"不能监听 {host}:{port}（{error.strerror}）；请换一个端口，或先停掉占用它的程序") from None


def _await_page(options: argparse.Namespace, supervisor: Supervisor) -> None:
    """Return when the login page answers. Raises Unusable when it does not within `READY_WITHIN` seconds."""
    url = f"{_url(options)}/login/"
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline and not supervisor.stopping:
        supervisor.look()
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310 (our own http address)
                return
        except urllib.error.HTTPError as error:
            raise Unusable(f"网页启动失败（HTTP {error.code}），请看上面的错误") from None
        except OSError:
            time.sleep(0.1)
    if not supervisor.stopping:
        raise Unusable(f"{READY_WITHIN:.0f} 秒内网页没有起来，请看上面的错误")


def _greet(options: argparse.Namespace) -> None:
    print(f"清盾已启动：{_url(options)}（Ctrl-C 停止）")
    print(f"  设备 Syslog 请发往 {options.host} 端口 {options.syslog}（UDP 或 TCP）")
    print(f"  数据目录 {home()}；其他命令请先设 QINGDUN_HOME={home()}", flush=True)


def _url(options: argparse.Namespace) -> str:
    host = f"[{options.host}]" if ":" in options.host else options.host
    return f"http://{'127.0.0.1' if host in ('0.0.0.0', '[::]') else host}:{options.port}"  # noqa: S104


def _send_sample(sample: str, port: int, fresh: bool) -> None:
    """The sample's last day at the first start, and from then on what goes on happening."""
    from qingdun.config.sample import go_on, send

    if fresh:
        send(sample, port)
    go_on(sample, port)
