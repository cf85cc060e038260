from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

Answer = tuple[int, str, bytes]


@pytest.fixture
def serve() -> Iterator[Callable[[Callable[[str, str, bytes], Answer]], str]]:
    """`serve(answer)`: a real HTTP server on this machine; `answer(method, path, body)`; gives its address."""
    running = []

    def start(answer: Callable[[str, str, bytes], Answer]) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, kind, body = answer(self.command, self.path, self._body())
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET  # noqa: N815

            def _body(self) -> bytes:
                return self.rfile.read(int(self.headers.get("Content-Length") or 0))

            def log_message(self, *said: Any) -> None:
                """Quiet."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        running.append(server)
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


@pytest.fixture
def make_door(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """`make_door(key, **document)`: a door file of the city's."""
    from qingdun.access import doors

    folder = tmp_path / "content" / "access" / "doors"
    folder.mkdir(parents=True)
    monkeypatch.setenv("QINGDUN_CONTENT", str(tmp_path / "content"))
    doors.doors.cache_clear()

    def make(key: str = "city", **document: Any) -> None:
        text = yaml.safe_dump({"name": "市统一认证", "english": "City sign-on", **document}, allow_unicode=True)
        (folder / f"{key}.yaml").write_text(text, "utf-8")
        doors.doors.cache_clear()

    yield make
    monkeypatch.undo()
    doors.doors.cache_clear()


@pytest.fixture
def tied(make_account: Callable[..., Any]) -> Callable[..., Any]:
    """`tied(external_id, role="", door="city")`: an account to which this identity leads."""
    from qingdun.access import actions

    def tie(external_id: str, role: str = "", *, door: str = "city") -> Any:
        account = make_account(role, username=f"u-{external_id}"[:40].lower())
        actions.tie(account, door, external_id, by=make_account("system_admin"), reason="测试")
        return account

    return tie
