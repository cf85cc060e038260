"""Syslog over UDP: a thread that fetches up to a thousand datagrams in one call of the kernel (`recvmmsg`).

Nobody can be told to wait here. What the kernel drops when its buffer is full it counts, and we show that count.
"""

from __future__ import annotations

import ctypes
import os
import socket
from collections import deque
from concurrent.futures import Future
from pathlib import Path
from threading import Event, Thread
from time import sleep

from qingdun.logs.collect.doors import WAIT_SECONDS, Counters, plain_address
from qingdun.logs.spool import Entry, Framing, Spool, Via
from qingdun.logs.spool.frames import entry, with_lengths

BUFFER_BYTES = 64 * 1024 * 1024  # asked of the kernel; what it grants depends on net.core.rmem_max
_AT_ONCE = 1024
_SLOT = 65_536  # no datagram is longer
_WAIT_FOR_ONE = 0x10000  # MSG_WAITFORONE
_SO_RCVBUFFORCE = 33
_ADDRESS_BYTES = 28  # sockaddr_in6
_FEW = 64  # after fetching fewer, wait for more: they share one entry per sender
GATHER_SECONDS = 0.005
UNSYNCED_BYTES = 64 * 1024 * 1024  # fetched and on the way to the disk: a slow sync must not fill the kernel's buffer


class _Vector(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class _Message(ctypes.Structure):  # struct mmsghdr
    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_length", ctypes.c_uint32),
        ("vectors", ctypes.c_void_p),
        ("vector_count", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_size_t),  # an int and its padding
        ("received", ctypes.c_uint32),
    )


class Receiver:
    """One UDP port. `start` binds it; `stop` ends the thread after what has arrived is handed on."""

    def __init__(self, spool: Spool, host: str, port: int) -> None:
        self.spool = spool
        self.socket = _bound(host, port)
        self.counters = Counters("udp", self.socket.getsockname()[1])
        self._stopping = Event()
        self._unsynced: deque[tuple[int, Future[None]]] = deque()
        self._unkept = 0  # fetched, and then the disk would not take them
        self._fetch = _Fetch(self.socket)
        self._thread = Thread(target=self._run, name="udp", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        self.socket.close()

    def measure(self) -> None:
        """Look up how many datagrams the kernel has dropped at this socket."""
        self.counters.lost = dropped(self.socket) + self._unkept

    def _run(self) -> None:
        while True:
            if self.spool.full():
                if self._stopping.wait(WAIT_SECONDS):
                    return
                continue
            stopping = self._stopping.is_set()
            by_peer = self._fetch.datagrams()
            if by_peer:
                entries = [
                    entry(Via.UDP, Framing.LENGTHS, peer, with_lengths(datagrams))
                    for peer, datagrams in by_peer.items()
                ]
                self._hand_on(entries)
                if self._fetch.count < _FEW:
                    sleep(GATHER_SECONDS)
            elif stopping:
                return

    def _hand_on(self, entries: list[Entry]) -> None:
        """Send them to the disk and go on fetching, unless too much is on its way already."""
        kept = self.spool.append(entries)
        while kept.done() and kept.exception() and not self._stopping.wait(WAIT_SECONDS):  # no room: keep them in hand
            kept = self.spool.append(entries)
        kept.add_done_callback(lambda done: self._count(done, entries))
        self._unsynced.append((sum(len(entry.payload) for entry in entries), kept))
        while self._unsynced and (self._unsynced[0][1].done() or self._on_its_way() > UNSYNCED_BYTES):
            self._unsynced.popleft()[1].exception()

    def _on_its_way(self) -> int:
        return sum(size for size, _kept in self._unsynced)

    def _count(self, done: Future[None], entries: list[Entry]) -> None:
        if done.exception() is None:
            self.counters.received(entries)
        else:
            self._unkept += sum(entry.head.lines for entry in entries)


class _Fetch:
    """Buffers for one call of recvmmsg, used over and over."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._data = bytearray(_AT_ONCE * _SLOT)
        self._addresses = bytearray(_AT_ONCE * _ADDRESS_BYTES)
        data = ctypes.addressof(ctypes.c_char.from_buffer(self._data))
        addresses = ctypes.addressof(ctypes.c_char.from_buffer(self._addresses))
        self._vectors = (_Vector * _AT_ONCE)(*(_Vector(data + i * _SLOT, _SLOT) for i in range(_AT_ONCE)))
        self._messages = (_Message * _AT_ONCE)()
        first = ctypes.addressof(self._vectors)
        for i, message in enumerate(self._messages):
            message.name = addresses + i * _ADDRESS_BYTES
            message.vectors = first + i * ctypes.sizeof(_Vector)
            message.vector_count = 1
        self.count = _AT_ONCE  # how many the last call fetched
        self._call = ctypes.CDLL(None, use_errno=True).recvmmsg
        self._v6 = sock.family == socket.AF_INET6
        self._named: dict[bytes, str] = {}

    def datagrams(self) -> dict[str, list[memoryview]]:
        """What has arrived, by sender; waits for the first as long as the socket's timeout. Views into our buffers."""
        for i in range(self.count):
            self._messages[i].name_length = _ADDRESS_BYTES  # the kernel overwrote it
        count = self._call(self._socket.fileno(), self._messages, _AT_ONCE, _WAIT_FOR_ONE, None)
        self.count = max(count, 0)
        view = memoryview(self._data)
        by_peer: dict[str, list[memoryview]] = {}
        for i in range(self.count):
            length = self._messages[i].received
            by_peer.setdefault(self._peer(i), []).append(view[i * _SLOT : i * _SLOT + length])
        return by_peer

    def _peer(self, i: int) -> str:
        at = i * _ADDRESS_BYTES + (8 if self._v6 else 4)
        packed = bytes(self._addresses[at : at + (16 if self._v6 else 4)])
        if packed not in self._named:
            if len(self._named) > 10_000:  # addresses can be forged
                self._named.clear()
            self._named[packed] = plain_address(socket.inet_ntop(self._socket.family, packed))
        return self._named[packed]


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    if family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    try:
        sock.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, BUFFER_BYTES)
    except PermissionError:  # not root: as much as net.core.rmem_max allows
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
    # a timeout of the kernel's own: Python's would make the socket non-blocking under recvmmsg
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, (0).to_bytes(8, "little") + (200_000).to_bytes(8, "little"))
    try:
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    return sock


def dropped(sock: socket.socket) -> int:
    """The kernel's count of datagrams dropped at this socket; 0 where /proc does not tell."""
    inode = str(os.fstat(sock.fileno()).st_ino)
    table = Path("/proc/net/udp6" if sock.family == socket.AF_INET6 else "/proc/net/udp")
    if not table.exists():
        return 0
    for line in table.read_text("ascii").splitlines()[1:]:
        fields = line.split()
        if fields[9] == inode:
            return int(fields[12])
    return 0
