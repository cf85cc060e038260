"""A small server of feeds: plain files, redirects, and one TAXII 2.1 collection in pages. Real sockets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

COLLECTION = "/taxii/collections/91a7b528-80eb-42ed-a74d-c6fbd5a26116/"
MEDIA = "application/taxii+json;version=2.1"


class Feeds:
    """What the server gives: `files` by path; `objects` of the collection with their times of adding, `size` a page."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.redirects: dict[str, str] = {}
        self.objects: list[tuple[str, dict[str, Any]]] = []
        self.size = 2
        self.asked: list[tuple[str, str]] = []  # path with query, Authorization
        self.address = ""

    def answer(self, path: str) -> tuple[int, dict[str, str], bytes]:
        parts = urlsplit(path)
        if parts.path in self.redirects:
            return 302, {"Location": self.redirects[parts.path]}, b""
        if parts.path in self.files:
            return 200, {"Content-Type": "text/plain"}, self.files[parts.path]
        if parts.path == COLLECTION:
            told = {"id": COLLECTION.split("/")[-2], "title": "t", "can_read": True, "can_write": False}
            return 200, {"Content-Type": MEDIA}, json.dumps(told).encode()
        if parts.path == f"{COLLECTION}objects/":
            return self._objects(parse_qs(parts.query))
        return 404, {}, b"nothing"

    def _objects(self, asked: dict[str, list[str]]) -> tuple[int, dict[str, str], bytes]:
        after = asked.get("added_after", [""])[0]
        found = [one for one in self.objects if one[0] > after]
        start = int(asked.get("next", ["0"])[0])
        some = found[start : start + self.size]
        envelope: dict[str, Any] = {"objects": [one for _added, one in some]}
        if start + self.size < len(found):
            envelope |= {"more": True, "next": str(start + self.size)}
        headers = {"Content-Type": MEDIA}
        if some:
            headers["X-TAXII-Date-Added-Last"] = some[-1][0]
        return 200, headers, json.dumps(envelope).encode()


@contextmanager
def serving() -> Iterator[Feeds]:
    feeds = Feeds()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the name the standard library calls
            feeds.asked.append((self.path, self.headers.get("Authorization", "")))
            status, headers, body = feeds.answer(self.path)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_told: Any) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    feeds.address = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield feeds
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
