"""Acceptance of issue 4, point 5: whoever a scenario of the hub names as the attacker is proposed for blocking.

A scenario counts as silent when it asserts that nothing overflowed. One whose `scenario.assert` is empty or missing
runs no scenario and tests only how lines are read: it says nothing of who attacked. What is proposed there is printed,
and only what `READ` accounts for may be.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

import pytest
import yaml

from qingdun.operations.proposing import Lines, Proposer

CORPUS = Path(os.environ.get("QINGDUN_CORPORA", "")) / "crowdsec_hub"
TYPES = ("nginx", "apache2", "sshd", "syslog", "modsecurity")
SOURCE = re.compile(
    r'Overflow\.Sources\["([^"]+)"\]'
    r'|"([^"]+)" in results\[\d+\]\.Overflow\.GetSources'
    r'|GetMeta\("source_ip"\) == "([^"]+)"'
)
NONE = re.compile(r"len\(results\) == 0")
#: Folders that test the reading of lines, whose lines are attacks all the same: what, so that the proposal is right.
READ = {
    "bind9-syslog": "five refused zone transfers of one address",
    "modsecurity-logs-nginx": "requests the firewall refused as attacks",
    "nginx_http-logs": "two probes of a Solr administration page",
    "prowlarr-logs": "six failed log-ins within ten minutes",
    "radarr-logs": "six failed log-ins within ten minutes",
    "sonarr-logs": "six failed log-ins within ten minutes",
}


@dataclass(frozen=True)
class Scenario:
    key: str
    lines: list[bytes]
    sources: frozenset[str]
    silent: bool

    def proposed(self) -> set[str]:
        proposer = Proposer()
        return {_canonical(one.source) for one in proposer.feed(Lines(1, 0, self.lines))}


def _canonical(text: str) -> str:
    one = ip_address(text)
    return str(getattr(one, "ipv4_mapped", None) or one)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def scenarios() -> list[Scenario]:
    found = []
    for folder in sorted(CORPUS.iterdir()):
        config = folder / "config.yaml"
        if not config.exists():
            continue
        told = yaml.safe_load(config.read_text())
        asserted = folder / "scenario.assert"
        says = asserted.read_text() if asserted.exists() else ""
        named = ("".join(groups) for groups in SOURCE.findall(says))
        sources = frozenset(_canonical(one) for one in named if _is_address(one))
        silent = not sources and NONE.search(says) is not None
        if told["log_type"] not in TYPES:
            continue
        lines = (folder / told["log_file"]).read_bytes().split(b"\n")
        found.append(Scenario(folder.name, lines, sources, silent))
    return found


@pytest.mark.corpus
def test_attackers_of_the_hub_are_proposed_and_nobody_else() -> None:
    asked = scenarios()
    loud = [(one, one.sources - one.proposed()) for one in asked if one.sources]
    missed = {one.key: sorted(lacking) for one, lacking in loud if lacking}
    quiet = [(one, one.proposed()) for one in asked if one.silent]
    wrong = {one.key: sorted(some) for one, some in quiet if some}
    read = {one.key: sorted(some) for one in asked if not one.sources and not one.silent and (some := one.proposed())}
    print(f"\nproposed {len(loud) - len(missed)} of {len(loud)}; silent {len(quiet) - len(wrong)} of {len(quiet)}")
    print("missed:", missed, "\nwrongly:", wrong, "\nproposed where nothing is asserted:", read)
    assert len(missed) <= 0.1 * len(loud), missed
    assert not wrong
    assert set(read) <= set(READ)
