"""A device of our own that speaks 深信服 AF's documented dialogue over real HTTPS or HTTP."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

NAMESPACE = "/namespaces/public/"


class Box:
    """What the device holds and how often it was asked."""

    def __init__(self) -> None:
        self.blocked: dict[str, str] = {}
        self.white: set[str] = set()
        self.tokens: set[str] = set()
        self.logins = self.pages = 0
        self.longest = 0  # entries in one request

    def answer(self, method: str, path: str, query: dict[str, str], body: Any, cookie: str) -> dict[str, Any]:
        if path.endswith("/login"):
            return self._login(body)
        if cookie.removeprefix("token=") not in self.tokens:
            return {"code": 1003, "message": "未登录", "data": {}}
        assert NAMESPACE in path
        if method == "GET":
            return self._page(int(query["_start"]), int(query["_length"]))
        if query.get("_method") == "delete":
            for item in body:
                self.blocked.pop(item.get("srcIP") or item.get("dstIP"), None)
            return {"code": 0, "message": "", "data": []}
        assert path.startswith("/api/batch/v1/")
        return self._block(body)

    def _login(self, body: Any) -> dict[str, Any]:
        self.logins += 1
        if body != {"name": "api", "password": "s3cret"}:
            return {"code": 1, "message": "用户名或密码错误", "data": {}}
        token = f"TOKEN{self.logins}"
        self.tokens = {token}
        return {"code": 0, "message": "成功", "data": {"loginResult": {"token": token}, "name": "api"}}

    def _block(self, body: Any) -> dict[str, Any]:
        given = body.get("srcIP") or body.get("dstIP")
        self.longest = max(self.longest, len(given))
        conflicts = [one for one in given if one in self.white]
        self.blocked |= {one: body["blockTime"] for one in given if one not in self.white}
        return {"code": 0, "message": "", "data": {"conflictNum": len(conflicts), "conflictItem": conflicts}}

    def _page(self, start: int, length: int) -> dict[str, Any]:
        self.pages += 1
        assert length <= 200
        some = sorted(self.blocked)[start : start + length]
        items = [{"blockType": "src_ip", "blockAddr": one, "srcIP": one, "dstIP": "0.0.0.0"} for one in some]
        return {"code": 0, "message": "成功", "data": {"totalItems": len(self.blocked), "items": items}}


@contextmanager
def serving(answer: Any) -> Iterator[str]:
    """An HTTP server that answers by `answer(method, path, query, body, headers) -> (status, body)`."""

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            parts = urlsplit(self.path)
            query = {key: values[0] for key, values in parse_qs(parts.query).items()}
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            status, said = answer(self.command, parts.path, query, body, self.headers)
            content = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_DELETE = _serve  # noqa: N815

        def log_message(self, *_arguments: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def box() -> Iterator[tuple[Box, str]]:
    made = Box()

    def answer(method: str, path: str, query: dict[str, str], body: Any, headers: Any) -> tuple[int, Any]:
        return 200, made.answer(method, path, query, body, headers.get("Cookie") or "")

    with serving(answer) as url:
        yield made, url
