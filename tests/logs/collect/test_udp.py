from __future__ import annotations

import socket
import time
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qingdun.logs.collect.udp import Receiver
from qingdun.logs.spool import Via
from qingdun.logs.spool.files import FileSpool
from tests.logs.collect.conftest import Doors
from tests.logs.installation import wait


def test_each_datagram_is_a_record_of_its_sender(doors: Doors) -> None:
    sent = [b"<13>one", b"<13>two\n", b"<13>" + b"x" * 60_000, b"\x00\xff\xfe", "中文".encode("gb18030")]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for datagram in sent:
            sock.sendto(datagram, ("127.0.0.1", doors.port("udp")))
    assert doors.records(5) == [b"<13>one", b"<13>two", sent[2], b"\x00\xff\xfe", sent[4]]
    assert {(head.via, head.peer) for head, _record in doors.kept()} == {(Via.UDP, "127.0.0.1")}
    wait(lambda: doors.counters("udp").received_lines == 5, 5)


def test_thousands_arrive_without_loss(doors: Doors) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect(("127.0.0.1", doors.port("udp")))
        for number in range(5000):
            sock.send(b"<13>number %d" % number)
            if number % 500 == 499:
                time.sleep(0.02)
    assert doors.records(5000) == [b"<13>number %d" % number for number in range(5000)]


def test_what_the_kernel_drops_is_counted(tmp_path: Path) -> None:
    """Nobody fetches: what does not fit the socket's buffer is lost, and each lost datagram is counted."""
    spool = FileSpool(tmp_path, floor=0)
    receiver = Receiver(spool, "127.0.0.1", 0)
    receiver.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 50_000)
    sent = 1000
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for _ in range(sent):
            sock.sendto(b"x" * 1000, ("127.0.0.1", receiver.counters.port))
    receiver.measure()
    assert receiver.counters.lost > 0
    receiver.start()
    wait(lambda: receiver.counters.received_lines > 0, 5)
    receiver.stop()
    receiver_got, lost = receiver.counters.received_lines, receiver.counters.lost
    assert receiver_got + lost == sent
    spool.close()


def test_without_room_datagrams_stay_with_the_kernel(tmp_path: Path) -> None:
    spool = FileSpool(tmp_path, floor=2**62)
    receiver = Receiver(spool, "127.0.0.1", 0)
    receiver.start()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.sendto(b"<13>patient", ("127.0.0.1", receiver.counters.port))
        time.sleep(0.3)
        assert spool.segments() == []
        spool.floor = 0
        wait(lambda: receiver.counters.received_lines == 1, 5)
    receiver.stop()
    assert receiver.counters.lost == 0
    spool.close()


def test_an_ipv6_door_names_ipv4_senders_as_such(tmp_path: Path) -> None:
    spool = FileSpool(tmp_path, floor=0)
    receiver = Receiver(spool, "::", 0)
    receiver.start()
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        with socket.socket(family, socket.SOCK_DGRAM) as sock:
            sock.sendto(b"<13>hello", (host, receiver.counters.port))
    wait(lambda: receiver.counters.received_lines == 2, 5)
    receiver.stop()
    batch = spool.take(0, 10_000)
    assert batch is not None
    assert {head.peer for head in batch.heads} == {"127.0.0.1", "::1"}
    spool.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(datagrams=st.lists(st.binary(max_size=300), min_size=1, max_size=20))
def test_no_datagram_stops_the_door(doors: Doors, datagrams: list[bytes]) -> None:
    counters = doors.counters("udp")
    before = counters.received_lines
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for datagram in [*datagrams, b"last"]:
            sock.sendto(datagram, ("127.0.0.1", counters.port))
    wait(lambda: [record for _head, record in doors.kept()][-1:] == [b"last"] and counters.received_lines > before, 5)
