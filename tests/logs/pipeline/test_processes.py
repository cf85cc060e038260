"""The product's own processes together: how soon a line is there, a full disk, files ingested beside a worker."""

from __future__ import annotations

import json
import os
import socket
import statistics
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.logs.installation import Installation, wait

pytestmark = pytest.mark.process
LATENCY_SECONDS = 1.5


def test_a_single_line_is_stored_soon_after_it_arrived(installation: Installation) -> None:
    ports = installation.collect()
    installation.start("work")
    latencies = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.sendto(b"<13>warm up", ("127.0.0.1", ports["udp"]))
        installation.lines(1)
        for number in range(2, 7):
            time.sleep(0.3 * number)
            sent = time.monotonic()
            sock.sendto(b"<13>Mar  2 12:00:00 fw-01 app: line", ("127.0.0.1", ports["udp"]))
            installation.lines(number)
            latencies.append(time.monotonic() - sent)
    print(f"latencies {[round(latency, 2) for latency in latencies]}")
    assert statistics.median(latencies) <= LATENCY_SECONDS
    installation.stop()


def test_a_full_disk_is_told_and_nothing_acknowledged_is_lost(installation: Installation) -> None:
    """Below the floor HTTP gets 507, TCP is read no further, the state says why; with room again all goes on."""
    lines = [f"src=192.0.2.8 act=block number={n} {'x' * 300}" for n in range(20_000)]
    ports = installation.collect()
    installation.start("work")
    assert installation.push(ports["http"], b"src=192.0.2.8 act=block\n").status == 200
    installation.stop()

    installation.environment["QINGDUN_DISK_FLOOR"] = str(2**62)
    ports = installation.collect()
    refused = installation.push(ports["http"], b"src=192.0.2.8 act=block\n")
    assert (refused.status, "磁盘剩余" in refused.content["detail"]) == (507, True)
    with closing(socket.create_connection(("127.0.0.1", ports["tcp"]), timeout=1)) as sock:
        with pytest.raises(TimeoutError):
            while True:
                sock.send("".join(f"{line}\n" for line in lines[:100]).encode())
        said = json.loads((installation.home / "state" / "collector.json").read_text())
        assert "磁盘剩余" in said["full"]
        assert installation.listener("tcp")["received_lines"] == 0
    installation.stop()

    installation.environment["QINGDUN_DISK_FLOOR"] = "0"
    ports = installation.collect()
    installation.start("work")
    with closing(socket.create_connection(("127.0.0.1", ports["tcp"]), timeout=20)) as sock:
        sock.sendall("".join(f"{line}\n" for line in lines).encode())
        stored = installation.lines(20_001)
    assert sorted(stored) == sorted([*lines, "src=192.0.2.8 act=block"])
    installation.stop()


@pytest.mark.parametrize("worker", [False, True])
def test_files_are_ingested_with_and_without_a_worker(installation: Installation, tmp_path: Path, worker: bool) -> None:
    one, two = tmp_path / "one.log", tmp_path / "two.log"
    one.write_text("".join(f"src=192.0.2.8 act=block number={n}\n" for n in range(3000)))
    two.write_text("no format reads this\n\nlast line without end")
    if worker:
        installation.start("work")
    done = installation.run("ingest", str(one), str(two))
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert {key: summary[key] for key in ("files", "lines", "events", "unread")} == {
        "files": 2,
        "lines": 3002,
        "events": 3002,
        "unread": 2,
    }
    assert summary["batches"] >= 1
    assert summary["lines_per_second"] > 0
    assert len(installation.lines(3002)) == 3002
    if worker:
        installation.stop()


def test_what_cannot_be_ingested_is_said_in_one_line(installation: Installation, tmp_path: Path) -> None:
    broken = tmp_path / "broken.gz"
    broken.write_bytes(b"not gzip")
    (tmp_path / "a.log").write_text("x\n")
    for arguments in ([str(tmp_path / "absent")], [str(broken)], [str(tmp_path / "a.log"), "--format", "nonsense"]):
        done = installation.run("ingest", *arguments)
        assert done.returncode == 2
        assert (done.stdout, done.stderr.count("\n")) == ("", 1)
        assert arguments[-1] in done.stderr


def test_an_installation_has_one_worker(installation: Installation) -> None:
    installation.start("work")
    wait((installation.home / "state" / "worker.json").exists, 20, installation.said)
    second = installation.run("work")
    assert second.returncode == 2
    assert "已有入库进程" in second.stderr
    installation.stop()


def test_a_port_that_is_taken_is_said_in_one_line(installation: Installation) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = str(taken.getsockname()[1])
        for arguments in (["--syslog", port], ["--syslog", "off", "--push", port], ["--syslog", "0", "--tls", port]):
            done = installation.run("collect", *arguments)
            assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr


@pytest.mark.skipif(os.cpu_count() == 1, reason="one core")
def test_two_readers_keep_the_order_of_what_one_sender_sent(installation: Installation) -> None:
    ports = installation.collect()
    installation.start("work", "--readers", "2")
    body = "".join(f"src=192.0.2.8 act=block number={n} {'x' * 300}\n" for n in range(100_000)).encode()
    assert installation.push(ports["http"], body).content == {"lines": 100_000}
    stored = installation.lines(100_000, 60)
    assert [int(line.split("number=")[1].split()[0]) for line in stored] == list(range(100_000))
    installation.stop()
