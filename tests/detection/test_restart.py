"""A committer that is killed in the middle of a correlation window: the window goes on, and nothing counts twice."""

from __future__ import annotations

from typing import Any

import pytest

from tests.logs.conftest import installation, migrated  # noqa: F401 (fixtures)
from tests.logs.installation import Installation, wait

pytestmark = pytest.mark.process
HEAD = "<86>1 2022-07-12T08:58:{second:02}+08:00 web01 sshd 3310 - - "
LINE = HEAD + "Failed password for root from {source} port 16220 ssh2\n"
NEEDED = 5  # detection/rules/ssh_brute_force.yaml
ALERTS = (
    "from qingdun.detection.models import Alert\n"
    "answer = sorted(Alert.objects.filter(title='SSH 暴力破解').values_list('source', 'hits'))"
)
RESTARTED, UNBROKEN, TOO_FEW = "198.51.100.1", "198.51.100.2", "198.51.100.3"


def lines(source: str, seconds: range) -> bytes:
    return "".join(LINE.format(source=source, second=second) for second in seconds).encode()


def alerts(installation: Installation) -> list[Any]:  # noqa: F811
    found: list[Any] = installation.ask(ALERTS)
    return found


def test_a_kill_within_a_window_changes_no_result(installation: Installation) -> None:  # noqa: F811
    """Half the guesses before the kill, half after it: the alert is that of a source whose guesses came in one run."""
    ports = installation.collect()
    installation.start("work")
    installation.push(ports["http"], lines(RESTARTED, range(NEEDED - 1)) + lines(TOO_FEW, range(NEEDED - 1)))
    installation.lines(2 * NEEDED - 2)
    wait(lambda: _counted(installation) == 2 * NEEDED - 2, 30, installation.said)
    assert alerts(installation) == []
    for _again in range(2):
        installation.kill("work")
        installation.start("work")
    installation.push(ports["http"], lines(RESTARTED, range(NEEDED - 1, NEEDED)) + lines(UNBROKEN, range(NEEDED)))
    wait(lambda: len(alerts(installation)) >= 2, 60, installation.said)
    installation.stop()
    (first, hits), (second, same) = alerts(installation)
    assert ((first, second), hits) == ((RESTARTED, UNBROKEN), same)


def _counted(installation: Installation) -> int:  # noqa: F811
    counted = "from qingdun.logs.models import HourTally\nanswer = HourTally.objects.all().totals()['lines']"
    return int(installation.ask(counted))
