from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingdun.lib.rate import Limit, Limiter

TEN = Limit(10, 60.0)


@pytest.fixture
def limiter(tmp_path: Path) -> Limiter:
    return Limiter(tmp_path / "rate", slots=64)


def test_as_many_as_allowed_at_once_then_one_each_interval(limiter: Limiter) -> None:
    assert [limiter.take("a", TEN, 1000.0) for _ in range(10)] == [0.0] * 10
    assert limiter.take("a", TEN, 1000.0) == pytest.approx(6.0)
    assert limiter.take("b", TEN, 1000.0) == 0.0
    assert limiter.take("a", TEN, 1005.0) == pytest.approx(1.0)
    assert limiter.take("a", TEN, 1006.0) == 0.0
    assert limiter.take("a", TEN, 1006.0) > 0
    assert [limiter.take("a", TEN, 2000.0) for _ in range(10)] == [0.0] * 10


def test_looking_counts_nothing(limiter: Limiter) -> None:
    assert [limiter.peek("a", Limit(1, 60.0), 0.0) for _ in range(3)] == [0.0] * 3
    limiter.take("a", Limit(1, 60.0), 0.0)
    assert limiter.peek("a", Limit(1, 60.0), 0.0) > 0


def test_a_clock_set_back_locks_nobody_out(limiter: Limiter) -> None:
    for _ in range(10):
        limiter.take("a", TEN, 1_000_000.0)
    assert limiter.take("a", TEN, 1000.0) == 0.0


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 20)), max_size=60))
def test_never_more_than_allowed_in_any_span(tmp_path_factory: pytest.TempPathFactory, steps: list) -> None:  # type: ignore[type-arg]
    limiter, now, taken = Limiter(tmp_path_factory.mktemp("rate") / "rate", slots=64), 0.0, []
    for key, pause in steps:
        now += pause
        if not limiter.take(key, Limit(3, 30.0), now):
            taken.append((key, now))
    limiter.close()
    for key, start in taken:
        assert sum(one == key and start <= at < start + 30 - 1e-6 for one, at in taken) <= 2 * 3


COUNT = """
import sys, time
from pathlib import Path
from qingdun.lib.rate import Limit, Limiter
limiter = Limiter(Path(sys.argv[1]))
print(sum(not limiter.take("one", Limit(100, 3600.0), time.time()) for _ in range(200)))
"""


def test_all_processes_of_a_machine_count_together(tmp_path: Path) -> None:
    command = [sys.executable, "-c", COUNT, str(tmp_path / "rate")]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert sum(int(process.communicate(timeout=30)[0]) for process in running) == 100
