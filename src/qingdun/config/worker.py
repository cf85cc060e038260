"""gunicorn's threaded worker for a network where not everybody is quick, or honest.

A request is received whole by the loop, and only then takes a thread: clients that dribble, stall or say nothing wait
beside each other and hold up nobody. Who does not read an answer is left after `SILENCE` seconds.
"""

from __future__ import annotations

import re
import socket
import struct
import time
from functools import partial
from ipaddress import ip_address
from selectors import EVENT_READ
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

RECEIVE = 10.0  # seconds in which a request must have come in
SILENCE = 10  # seconds a thread waits for a client that takes nothing
HEAD_BYTES = 64 * 1024  # more than gunicorn's own limits admit: it refuses a longer one in its own words
BODY_BYTES = 17 * 1024 * 1024  # a little more than Django takes (DATA_UPLOAD_MAX_MEMORY_SIZE), so that it can say so
ROOM_BYTES = 128 * 1024 * 1024  # of bodies on their way in
PER_ADDRESS = 100  # requests on their way in; a reverse proxy on this machine stands for many
_CHUNK = 256 * 1024
_LENGTH = re.compile(rb"^content-length:[ \t]*(\d{1,18})[ \t]*\r?$", re.I | re.M)
_CHUNKED = re.compile(rb"^transfer-encoding:", re.I | re.M)


class Refused(Exception):
    """The request will not be received; the text is the status line's."""


class Connection(TConn):  # type: ignore[misc]  # untyped
    """One client and what it has sent of its next request, `needed` bytes in all once the head is there."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.arrived = bytearray()
        self.needed = 0

    def take(self, data: bytes) -> bool:
        """Is the request whole with these bytes? Raises Refused."""
        self.arrived += data
        if not self.needed:
            end = self.arrived.find(b"\r\n\r\n")
            if end < 0:
                return len(self.arrived) > HEAD_BYTES
            self.needed = end + 4 + _length(bytes(self.arrived[: end + 2]))
        return len(self.arrived) >= self.needed

    def hand_over(self) -> None:
        """Put what came in where gunicorn's parser reads."""
        self.init()
        self.parser.unreader.unread(bytes(self.arrived))
        self.arrived, self.needed, self.data_ready = bytearray(), 0, True

    def close(self, graceful: bool = False) -> None:
        """At once: the request was read before it was answered, and lingering would hold up the loop."""
        super().close()


def _length(head: bytes) -> int:
    if _CHUNKED.search(head):
        raise Refused("411 Length Required")
    found = _LENGTH.search(head)
    length = int(found[1]) if found else 0
    if length > BODY_BYTES:
        raise Refused("413 Content Too Large")
    return length


class Worker(ThreadWorker):  # type: ignore[misc]  # untyped
    """`nr_conns`, `poller`, `pending_conns` (in order of their timeouts) and `keepalived_conns` are gunicorn's."""

    def accept(self, listener: socket.socket) -> None:
        try:
            client, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError, InterruptedError):
            return
        patience = struct.pack("ll", SILENCE, 0)  # the kernel's own, because threads use blocking sockets
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, patience)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, patience)
        self.nr_conns += 1
        conn = Connection(self.cfg, client, address, listener.getsockname())
        if self._crowded(address):
            self._drop(conn)
        else:
            self._wait_for(conn)

    def on_client_socket_readable(self, conn: Connection, client: socket.socket) -> None:
        """The next request of a client that was kept."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._wait_for(conn)

    def on_pending_socket_readable(self, conn: Connection, client: socket.socket) -> None:
        """Take what has come; when it is a whole request, give it to a thread."""
        try:
            data = client.recv(_CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        try:
            if data and not conn.take(data):
                self._refuse_without_room(conn)
                return
        except Refused as refused:
            self._answer(conn, str(refused))
            data = b""
        self.poller.unregister(client)
        self.pending_conns.remove(conn)
        if data:
            conn.hand_over()
            self.enqueue_req(conn)
        else:
            self._drop(conn)

    def _wait_for(self, conn: Connection) -> None:
        conn.timeout = time.monotonic() + RECEIVE
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def _drop(self, conn: Connection) -> None:
        self.nr_conns -= 1
        conn.close()

    def _answer(self, conn: Connection, status: str) -> None:
        try:
            conn.sock.send(f"HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n".encode("ascii"))
        except OSError:
            return

    def _refuse_without_room(self, conn: Connection) -> None:
        if conn.needed > _CHUNK and sum(other.needed for other in self.pending_conns) > ROOM_BYTES:
            raise Refused("503 Service Unavailable")

    def _crowded(self, address: Any) -> bool:
        if not isinstance(address, tuple) or ip_address(address[0].partition("%")[0]).is_loopback:
            return False
        return len([1 for other in self.pending_conns if other.client[0] == address[0]]) >= PER_ADDRESS
