"""An attacker and a victim as network namespaces of this machine, joined by one cable; gone at the end."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from qingdun.lib.command import Unusable

NET = "198.51.100"  # RFC 5737
VICTIM = f"{NET}.254"
PORT = 9009
ATTEMPTS, AFTERWARDS, EAGER = 0.01, 0.1, 2.5  # seconds between datagrams, at first and later; how long is "at first"

#: Each address sends from its moment on, until the end; moments are of the clock that all processes here share.
SEND = f"""
import json, socket, sys, time
moments, lasts = json.loads(sys.argv[1]), float(sys.argv[2])
sockets, due = {{}}, {{}}
for address, moment in moments.items():
    sockets[address] = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sockets[address].bind((address, 0))
    due[address] = moment
while due:
    now = time.monotonic()
    for address, at in list(due.items()):
        if at <= now:
            try:
                sockets[address].sendto(b"x", ({VICTIM!r}, {PORT}))
            except OSError:
                pass
            since = now - moments[address]
            due[address] = now + ({ATTEMPTS} if since < {EAGER} else {AFTERWARDS})
            if since > lasts:
                del due[address]
    time.sleep(0.002)
"""

#: Writes down when each address was heard.
HEAR = f"""
import json, signal, socket, sys, time
heard = {{}}
def end(*_):
    open(sys.argv[1], "w").write(json.dumps(heard)); sys.exit(0)
signal.signal(signal.SIGTERM, end)
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
server.bind(({VICTIM!r}, {PORT}))
print("ready", flush=True)
while True:
    _content, (address, _port) = server.recvfrom(16)
    heard.setdefault(address, []).append(time.monotonic())
"""


@dataclass(frozen=True, slots=True)
class Hosts:
    """The names of the two namespaces."""

    attacker: str
    victim: str

    def hear(self, file: Path) -> subprocess.Popen[str]:
        """Let the victim listen; at its end it writes `file`."""
        command = _in(self.victim, sys.executable, "-c", HEAR, str(file))
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        process.stdout.readline()
        return process

    def send(self, moments: dict[str, float], lasts: float) -> subprocess.Popen[str]:
        """Let the attacker send from each of its addresses, from its moment on for `lasts` seconds."""
        command = _in(self.attacker, sys.executable, "-c", SEND, json.dumps(moments), str(lasts))
        return subprocess.Popen(command, text=True)


@contextmanager
def hosts(addresses: Sequence[str]) -> Iterator[Hosts]:
    """The two hosts, the attacker with these addresses. Raises Unusable where the machine allows no such thing."""
    if os.geteuid() != 0 or not (shutil.which("ip") and shutil.which("nft")):
        raise Unusable("实测封禁需要 root 以及 ip 和 nft 命令（apt-get install iproute2 nftables）")
    made = Hosts(f"qd-a-{os.getpid()}", f"qd-v-{os.getpid()}")
    try:
        _ip("netns", "add", made.attacker)
        _ip("netns", "add", made.victim)
        ends = ("qda", "qdv")
        _ip("-n", made.attacker, "link", "add", ends[0], "type", "veth", "peer", "name", ends[1], "netns", made.victim)
        for name, end in ((made.attacker, ends[0]), (made.victim, ends[1])):
            _ip("-n", name, "link", "set", "lo", "up")
            _ip("-n", name, "link", "set", end, "up")
        _ip("-n", made.victim, "addr", "add", f"{VICTIM}/24", "dev", ends[1])
        for address in addresses:
            _ip("-n", made.attacker, "addr", "add", f"{address}/24", "dev", ends[0])
        yield made
    except subprocess.CalledProcessError as error:
        raise Unusable(f"不能建立网络命名空间：{error.stderr.strip()}") from None
    finally:
        for name in (made.attacker, made.victim):
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)


def _in(name: str, *command: str) -> list[str]:
    return ["ip", "netns", "exec", name, *command]


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True)
