from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable
from contextlib import closing

import pytest

from qingdun.logs.collect import tcp
from qingdun.logs.collect.doors import Gate
from qingdun.logs.spool import Via
from tests.logs.collect.conftest import Doors
from tests.logs.installation import wait


def connected(doors: Doors, kind: str = "tcp") -> socket.socket:
    sock = socket.create_connection(("127.0.0.1", doors.port(kind)), timeout=10)
    if kind == "tls":
        unchecked = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        unchecked.check_hostname, unchecked.verify_mode = False, ssl.CERT_NONE
        return unchecked.wrap_socket(sock)
    return sock


def gate(doors: Doors, kind: str) -> Gate:
    return next(door.gate for door in doors.collector.streams if door.counters.kind == kind)


@pytest.mark.parametrize("kind", ["tcp", "tls"])
def test_lines_and_counted_records_are_told_apart_by_connection(doors: Doors, kind: str) -> None:
    with closing(connected(doors, kind)) as lines, closing(connected(doors, kind)) as counted:
        lines.sendall(b"<13>a line\r\n<13>half")
        counted.sendall(b"14 <13>two\nlines!11 <13>")
        doors.records(2)
        lines.sendall(b" a line\n")
        counted.sendall(b"another")
        assert sorted(doors.records(4)) == [b"<13>a line", b"<13>another", b"<13>half a line", b"<13>two\nlines!"[:14]]
        assert {head.via for head, _record in doors.kept()} == {Via[kind.upper()]}
        wait(lambda: doors.counters(kind).connections == 2, 5)
    wait(lambda: doors.counters(kind).connections == 0, 5)


def test_a_last_line_without_end_is_kept_when_the_sender_goes(doors: Doors) -> None:
    with closing(connected(doors)) as sock:
        sock.sendall(b"<13>one\n<13>without end")
    assert doors.records(2) == [b"<13>one", b"<13>without end"]


def test_a_line_without_end_is_kept_after_a_silence(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tcp, "SILENCE_SECONDS", 0.2)
    with closing(connected(doors)) as sock:
        sock.sendall(b"<13>without end")
        assert doors.records(1) == [b"<13>without end"]


def test_megabytes_arrive_whole(doors: Doors) -> None:
    lines = [b"<13>%d %s" % (number, b"x" * (number % 3000)) for number in range(3000)]
    with closing(connected(doors)) as sock:
        sock.sendall(b"\n".join(lines) + b"\n")
        assert doors.records(3000) == lines


def test_without_room_the_sender_is_not_read_and_nothing_is_lost(open_doors: Callable[..., Doors]) -> None:
    doors = open_doors(floor=2**62)
    lines = [b"<13>%d %s" % (number, b"x" * 1000) for number in range(20_000)]
    with closing(connected(doors)) as sock:
        sock.settimeout(1)
        sent = 0
        data = b"\n".join(lines) + b"\n"
        with pytest.raises(TimeoutError):
            while sent < len(data):
                sent += sock.send(data[sent : sent + 65_536])
        assert doors.kept() == []
        doors.spool.floor = 0
        sock.settimeout(20)
        sock.sendall(data[sent:])
        assert doors.records(20_000, 30) == lines


@pytest.mark.parametrize("limit", ["total", "each"])
@pytest.mark.parametrize("kind", ["tcp", "tls"])
def test_connections_beyond_the_limit_are_refused_and_counted(doors: Doors, kind: str, limit: str) -> None:
    setattr(gate(doors, kind), limit, 1)
    with closing(connected(doors, kind)) as first:
        first.sendall(b"<13>one\n")
        doors.records(1)
        with closing(socket.create_connection(("127.0.0.1", doors.port(kind)), timeout=10)) as second:
            assert second.recv(1) == b""
        assert doors.counters(kind).refused == 1
        first.sendall(b"<13>two\n")
        doors.records(2)
    wait(lambda: not gate(doors, kind).inside, 5)
    with closing(connected(doors, kind)) as again:
        again.sendall(b"<13>three\n")
        doors.records(3)


def test_who_never_shakes_hands_takes_no_place_for_long(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tcp, "HANDSHAKE_SECONDS", 0.2)
    with closing(socket.create_connection(("127.0.0.1", doors.port("tls")), timeout=10)) as mute:
        wait(lambda: doors.counters("tls").connections == 1, 5)
        assert mute.recv(1) == b""
    wait(lambda: not gate(doors, "tls").inside, 5)


def test_the_quietest_makes_way_when_every_place_is_taken(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tcp, "QUIET_SECONDS", 0.3)
    gate(doors, "tcp").total = 2
    with closing(connected(doors)) as quiet, closing(connected(doors)) as busy:
        quiet.sendall(b"<13>quiet, and not at an end")
        wait(lambda: doors.counters("tcp").connections == 2, 5)
        time.sleep(0.4)
        busy.sendall(b"<13>busy\n")
        doors.records(1)
        with closing(connected(doors)) as refused:
            assert refused.recv(1) == b""
        assert quiet.recv(1) == b""
        with closing(connected(doors)) as admitted:
            admitted.sendall(b"<13>admitted\n")
            busy.sendall(b"<13>busy still\n")
            expected = {b"<13>busy", b"<13>quiet, and not at an end", b"<13>admitted", b"<13>busy still"}
            assert set(doors.records(4)) == expected


def test_noise_on_the_tls_port_harms_nobody(doors: Doors) -> None:
    with closing(socket.create_connection(("127.0.0.1", doors.port("tls")))) as sock:
        sock.sendall(b"<13>this is no handshake\n")
        time.sleep(0.1)
    with closing(connected(doors, "tls")) as sock:
        sock.sendall(b"<13>this is\n")
        assert doors.records(1) == [b"<13>this is"]
