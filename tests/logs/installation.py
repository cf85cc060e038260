"""A whole installation in a folder of its own, for tests that start the product's own processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import polars as pl

from qingdun.logs.lake import Lake

TOKEN = "a-token-for-tests"
MIGRATE = f"""
import django; django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from hashlib import sha256
from qingdun.logs.models import Source
digest = sha256({TOKEN!r}.encode()).hexdigest()
Source.objects.create(name="push", via="http", token_digest=digest, registered=True)
"""
QINGDUN = Path(sys.executable).with_name("qingdun")


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    content: dict[str, Any]


class Installation:
    """`home` is its folder, `url` its PostgreSQL database or empty for SQLite in the folder."""

    def __init__(self, home: Path, url: str = "") -> None:
        self.home = home
        self.environment = os.environ | {
            "QINGDUN_HOME": str(home),
            "QINGDUN_DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "qingdun.config.settings",
        }
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.lake = Lake(home / "lake" / "events")

    def start(self, name: str, *arguments: str) -> subprocess.Popen[bytes]:
        """Start `qingdun NAME`, in place of the one that ran before."""
        command = [str(QINGDUN), name, *arguments]
        with (self.home / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)
        return self.running[name]

    def kill(self, name: str) -> None:
        self.running[name].kill()
        self.running[name].wait()

    def stop(self) -> None:
        for process in self.running.values():
            process.send_signal(signal.SIGTERM)
        for process in self.running.values():
            process.wait(20)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(QINGDUN), *arguments]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=120, check=False)

    def ask(self, code: str) -> Any:
        """Run Python in the installation; what it leaves in `answer`."""
        script = f"import django, json; django.setup()\n{code}\nprint(json.dumps(answer, default=str))"
        command = [sys.executable, "-c", script]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def collect(self, *arguments: str) -> dict[str, int]:
        """Start the collector on free ports; gives kind → port once every door is open."""
        state = self.home / "state" / "collector.json"
        state.unlink(missing_ok=True)
        process = self.start("collect", "--syslog", "0", *arguments)
        wait(lambda: state.exists() or process.poll() is not None, 30)
        assert process.poll() is None, (self.home / "collect.log").read_text()
        return {door["kind"]: door["port"] for door in json.loads(state.read_text())["listeners"]}

    def listener(self, kind: str) -> dict[str, Any]:
        """What the collector last said of one door."""
        said = json.loads((self.home / "state" / "collector.json").read_text())
        return next(door for door in said["listeners"] if door["kind"] == kind)

    def push(self, port: int, body: bytes, *, method: str = "POST", path: str = "/push", **headers: str) -> Answer:
        """One request; `Content_Type="…"` stands for a header, an empty value leaves it out."""
        given = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "text/plain"}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        url = f"http://127.0.0.1:{port}{path}"
        request = Request(url, body or None, {k: v for k, v in given.items() if v}, method=method)
        try:
            with urlopen(request, timeout=20) as answer:
                return Answer(answer.status, json.loads(answer.read()))
        except HTTPError as error:
            with error:
                return Answer(error.code, json.loads(error.read()))

    def events(self) -> pl.DataFrame:
        """Everything in the lake, in the order it was spooled."""
        paths = [file.path for file in self.lake.files()]
        if not paths:
            return pl.DataFrame(schema={"event.original": pl.String})
        return pl.read_parquet(paths, glob=False).sort("qingdun.batch", "qingdun.row")

    def lines(self, count: int, seconds: float = 30) -> list[str]:
        """The raw lines in the lake, as soon as there are `count`."""
        wait(lambda: sum(file.rows for file in self.lake.files()) >= count, seconds, self.said)
        return self.events()["event.original"].to_list()

    def said(self) -> str:
        return "\n".join(file.read_text("utf-8", "replace")[-2000:] for file in sorted(self.home.glob("*.log")))


def wait(true: Callable[[], bool], seconds: float, otherwise: Callable[[], str] = str) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, f"not within {seconds} s: {otherwise()}"
        time.sleep(0.05)
