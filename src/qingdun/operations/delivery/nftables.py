"""nftables on this machine or another: scripts on standard input, one transaction each.

Here the process needs CAP_NET_ADMIN or a sudo rule for `nft` alone; there an account that may do no more than that.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from datetime import datetime

from qingdun.operations.core import nft
from qingdun.operations.core.placing import Answer, Plan, State
from qingdun.operations.delivery.mechanism import Device, Unreachable

SECONDS = 15
MOST_AT_ONCE = 1000  # above, the whole list is written anew: as fast, and simpler


def open_for(device: Device) -> Nftables:
    return Nftables(device)


class Nftables:
    exclusive, forgets = True, True

    def __init__(self, device: Device) -> None:
        self._command = [*_reach(device.told), *device.told["nft"].split()]
        self._known = False  # whether our table is known to stand there

    def apply(self, plan: Plan, now: datetime) -> Mapping[int, Answer]:
        """One step where it can be, everything anew where that fails: somebody else may have been at the table."""
        few = len(plan.add) + len(plan.remove) <= MOST_AT_ONCE
        if not (self._known and few and self._run(nft.step(plan.add, plan.remove, plan.again, now))):
            self._known = False
            script = nft.whole(plan.whole, now)
            if not self._run(script):
                raise Unreachable(self._last)
        self._known = True
        return {
            **{one.id: Answer(State.PLACED) for one in plan.add},
            **{one.id: Answer(State.GONE) for one in plan.remove},
        }

    def standing(self) -> list[str]:
        if not self._run("", "-j", "list", "table", *nft.TABLE.split()):
            if "No such file" in self._last:
                self._known = False
                return []
            raise Unreachable(self._last)
        self._known = True
        return list(dict.fromkeys(address for _set, address in nft.standing(json.loads(self._said))))

    def later(self, waiting: Mapping[int, str]) -> Mapping[int, Answer]:
        return {}

    def drop(self, addresses: list[str]) -> None:
        self._known = False  # the next step writes everything anew, without them

    def _run(self, script: str, *arguments: str) -> bool:
        """Whether nft did it; what it said stands in `_said`, its complaint in `_last`. Raises Unreachable."""
        command = [*self._command, *(arguments or ("-f", "-"))]
        try:
            done = subprocess.run(command, input=script, capture_output=True, text=True, timeout=SECONDS, check=False)
        except subprocess.TimeoutExpired:
            raise Unreachable(f"{SECONDS} 秒内没有应答") from None
        except OSError as error:
            raise Unreachable(f"不能执行 {command[0]}：{error.strerror}") from None
        self._said, self._last = done.stdout, _first(done.stderr)
        if done.returncode == 255 and command[0] == "ssh":
            raise Unreachable(f"SSH 不通：{self._last}")
        return done.returncode == 0


def _reach(told: Mapping[str, str]) -> list[str]:
    """What stands before `nft`: nothing here, ssh for another machine, ip for a network namespace."""
    inside = ["ip", "netns", "exec", told["netns"]] if told["netns"] else []
    if not told["host"]:
        return inside
    if not (told["key_file"] and told["known_hosts"]):
        raise Unreachable("经 SSH 下发须填写私钥文件和主机指纹文件")
    options = {
        "BatchMode": "yes",
        "StrictHostKeyChecking": "yes",
        "UserKnownHostsFile": told["known_hosts"],
        "GlobalKnownHostsFile": "/dev/null",
        "IdentitiesOnly": "yes",
        "ConnectTimeout": "5",
        "ServerAliveInterval": "5",
        "ControlMaster": "no",
    }
    flags = [part for name, value in options.items() for part in ("-o", f"{name}={value}")]
    who = ["-l", told["user"], "-p", told["port"], "-i", told["key_file"]]
    return ["ssh", "-F", "/dev/null", "-T", *flags, *who, "--", told["host"], *inside]


def _first(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("Warning")]
    return (lines[0] if lines else "没有说明原因")[:250]
