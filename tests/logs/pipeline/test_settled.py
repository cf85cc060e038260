"""The rooms' halves of a commit: in order, once, none left out by a restart, and nobody held up by their faults."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from django.db import OperationalError

from qingdun.logs.lake import Lake, upkeep
from qingdun.logs.models import Batch
from qingdun.logs.pipeline import committer as module
from qingdun.logs.pipeline import looked, memory, read, settled
from qingdun.logs.pipeline.committer import Committer
from tests.logs.pipeline import watching
from tests.logs.pipeline.test_committer import Killed, Works, works  # noqa: F401

pytestmark = pytest.mark.django_db
BLOCK = "src=192.0.2.8 act=block"


@pytest.fixture(autouse=True)
def one_room(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(settled, "found", lambda: {"watching": watching})
    monkeypatch.setattr(looked, "_rooms", lambda: ([("watching", watching)], {}))
    monkeypatch.setattr(read, "read_batch", watching.read_watched)
    yield
    watching.Settler.FAILS.clear()


def settler(committer: Committer) -> watching.Settler:
    one = committer.settlers.settlers["watching"]
    assert isinstance(one, watching.Settler)
    return one


def end_at_once(committer: Committer) -> None:
    """Like a kill: nothing is dumped."""
    committer.readers.close()
    committer.settlers.settlers.clear()


def stored(works: Works) -> list[str | None]:  # noqa: F811
    files = [file.path for file in Lake(works.lake.root).files()]
    return [row for file in files for row in read.pl.read_parquet(file, hive_partitioning=False)["qingdun.attack"]]


def test_found_in_the_reader_settled_in_the_committer(works: Works) -> None:  # noqa: F811
    committer = works.committer()
    works.send(BLOCK, BLOCK, "nothing of note")
    works.settle(committer)
    assert settler(committer).attacks == 2
    assert settler(committer).written == list(Batch.objects.values_list("key", flat=True))
    assert sorted(map(str, stored(works))) == ["None", "scan", "scan"]


def test_what_was_not_dumped_is_brought_to_mind_after_a_restart(works: Works) -> None:  # noqa: F811
    first = works.committer()
    for count in (1, 2, 3):
        works.send(*[BLOCK] * count)
        works.settle(first)
    end_at_once(first)
    upkeep.compact(Lake(works.lake.root))
    second = works.committer()
    assert [count for _key, count in settler(second).kept] == [1, 2, 3]
    assert settler(second).written == []
    second.close()
    third = works.committer()
    assert settler(third).kept == settler(second).kept


def test_what_the_lake_has_and_the_records_lack_is_settled_at_the_start(
    works: Works,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = works.committer()
    works.send(BLOCK)
    works.settle(first)

    def cut(*_: object) -> None:
        raise Killed

    works.send(BLOCK, BLOCK)
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(module, "record", cut)
        works.settle(first)
    end_at_once(first)
    second = works.committer()
    assert [count for _key, count in settler(second).kept] == [1, 2]
    assert settler(second).written == [settler(second).kept[1][0]]


def test_a_transaction_that_falls_is_forgotten(works: Works, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    committer = works.committer()
    failures = iter([OperationalError("gone")])
    settle = watching.Settler.settle

    def flaky(self: watching.Settler, *given: object, **named: object) -> int:
        done = settle(self, *given, **named)  # type: ignore[arg-type]
        if error := next(failures, None):
            raise error
        return done

    monkeypatch.setattr(watching.Settler, "settle", flaky)
    monkeypatch.setattr(module.connection, "close", lambda: None)
    works.send(BLOCK)
    works.settle(committer)
    assert settler(committer).attacks == 1


def test_a_batch_that_a_room_cannot_settle_holds_up_nobody(works: Works) -> None:  # noqa: F811
    committer = works.committer()
    works.send(BLOCK)
    works.settle(committer)
    watching.Settler.FAILS.add(module.key_of(works.spool.name, committer.position))
    works.send(BLOCK, BLOCK)
    works.settle(committer)
    works.send(BLOCK, BLOCK, BLOCK)
    works.settle(committer)
    assert [count for _key, count in settler(committer).kept] == [1, 3]
    assert (works.rows(), committer.settlers.blind) == (6, 1)
    assert "KeyError" in committer.settlers.why


def test_lines_nobody_could_look_at_are_counted_and_stored(works: Works) -> None:  # noqa: F811
    committer = works.committer()
    works.send("poison", BLOCK)
    works.settle(committer)
    assert (works.rows(), committer.settlers.blind, settler(committer).attacks) == (2, 1, 1)


def test_material_that_no_task_uses_goes_away(works: Works, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setattr(settled, "PUBLISH_SECONDS", 0)
    committer = works.committer()
    works.send(BLOCK)
    works.settle(committer)
    shelf = works.folder / "watch" / "material" / "watching"
    (shelf / "word-0").write_text("old")
    held = committer.settlers.material
    used = replace(read.Task("k", None, {}, Path(), ""), material={"watching": {"word": shelf / "word-0"}})  # type: ignore[arg-type]
    committer.settlers.materials(lambda: [used.material])
    assert sorted(file.name for file in shelf.iterdir()) == ["word-0", "word-1"]
    assert committer.settlers.materials(list) == held
    assert [file.name for file in shelf.iterdir()] == ["word-1"]


def test_a_broken_memory_is_no_memory(tmp_path: Path) -> None:
    file = tmp_path / "spool.memory"
    memory.keep(file, 7, {"a": b"one", "b": b"\n{two"})
    held = memory.load(file)
    assert held is not None
    assert (held.position, held.rooms) == (7, {"a": b"one", "b": b"\n{two"})
    file.write_bytes(file.read_bytes()[:-1])
    assert memory.load(file) is None
    file.write_text(json.dumps({"position": 1}))
    assert memory.load(file) is None
    assert memory.load(tmp_path / "absent") is None


def test_what_is_urgent_is_committed_before_its_second(works: Works) -> None:  # noqa: F811
    committer = Committer(works.spool, works.lake, every=30, watch=works.folder / "watch")
    works.committers.append(committer)
    works.send(BLOCK)
    works.settle(committer)  # the first goes at once
    works.send("urgent", BLOCK)
    began = time.monotonic()
    works.settle(committer)
    assert time.monotonic() - began < 25
