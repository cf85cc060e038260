from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPConnection

import pytest

from qingdun.config.commands.web import SERVED
from qingdun.config.worker import BODY_BYTES, Connection, Refused

THREADS = 2


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A server of one process and two threads, with an application from the standard library."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "wsgiref.simple_server:demo_app", "--bind", f"127.0.0.1:{port}"]
    command += [word for pair in {**SERVED, "--threads": str(THREADS)}.items() for word in pair]
    server = subprocess.Popen(command)
    try:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except ConnectionRefusedError:
                time.sleep(0.05)
        yield port
    finally:
        server.terminate()
        server.wait()


def answers(port: int, method: str = "GET", body: bytes | None = None) -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request(method, "/", body)
    status = connection.getresponse().status
    connection.close()
    return status


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: x\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc",
        b"GET / HTTP/1.0\r\nHost: x\r\n\r\n",  # answered, and then never closed from their side
    ],
)
def test_clients_that_dawdle_hold_up_nobody(port: int, begun: bytes) -> None:
    with ExitStack() as slow:
        for _number in range(4 * THREADS):
            slow.enter_context(socket.create_connection(("127.0.0.1", port))).sendall(begun)
        before = time.monotonic()
        assert answers(port) == 200
        assert time.monotonic() - before < 2


def test_a_request_may_come_in_pieces_and_a_connection_may_be_used_again(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
        for _turn in range(2):
            for piece in (b"POST / HTTP/1.1\r\nHo", b"st: x\r\nContent-Length: 4\r", b"\n\r\nab", b"cd"):
                client.sendall(piece)
                time.sleep(0.02)
            assert client.recv(65536).startswith(b"HTTP/1.1 200")


def test_a_body_of_some_size_arrives(port: int) -> None:
    assert answers(port, "POST", b"x" * 3_000_000) == 200


@pytest.mark.parametrize(
    ("header", "status"),
    [("Transfer-Encoding: chunked", b"411"), (f"Content-Length: {BODY_BYTES + 1}", b"413"), ("no colon", b"400")],
)
def test_what_cannot_be_received_is_refused(port: int, header: str, status: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
        client.sendall(f"POST / HTTP/1.1\r\nHost: x\r\n{header}\r\n\r\n".encode())
        assert client.recv(65536).split(b" ", 2)[1] == status


def test_a_head_without_end_is_handed_on_to_be_refused() -> None:
    conn = object.__new__(Connection)
    conn.arrived, conn.needed = bytearray(), 0
    assert not conn.take(b"GET / HTTP/1.1\r\n" + b"x" * 60_000)
    assert conn.take(b"x" * 10_000)


def test_a_length_in_words_is_not_ours_to_judge() -> None:
    conn = object.__new__(Connection)
    conn.arrived, conn.needed = bytearray(), 0
    assert conn.take(b"POST / HTTP/1.1\r\nContent-Length: +5\r\n\r\n")
    conn.arrived, conn.needed = bytearray(), 0
    with pytest.raises(Refused):
        conn.take(b"POST / HTTP/1.1\r\nContent-Length: 999999999999\r\n\r\n")
