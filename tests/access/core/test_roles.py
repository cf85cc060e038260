"""The promise "nobody can do everything", proven over every set of roles that one person may lawfully hold."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain, combinations
from pathlib import Path
from typing import Any

import pytest

from qingdun.access import roster as module
from qingdun.access.core.roles import PLATFORM, SEPARATED, Role
from qingdun.access.permissions import all_permissions
from qingdun.access.roster import roles
from qingdun.lib.registry import BrokenContent

ALL = frozenset(all_permissions())
ROLES = roles()

#: Permissions that no role holds, on purpose, each with the reason. Empty: somebody may do everything the platform can.
UNASSIGNED: dict[str, str] = {}


def lawful(held: Iterable[Role]) -> bool:
    """What `access.actions.grant` asks, pair by pair, of everything one person would hold."""
    return all(one.meets(other) for one, other in combinations(held, 2))


def sets() -> list[tuple[Role, ...]]:
    every = chain.from_iterable(combinations(ROLES.values(), n) for n in range(1, len(ROLES) + 1))
    return [each for each in every if lawful(each)]


def test_no_lawful_set_of_roles_holds_every_permission() -> None:
    assert len(sets()) > len(ROLES)
    for held in sets():
        assert frozenset().union(*(role.may for role in held)) < ALL, held


def test_no_lawful_set_holds_two_of_the_separated_powers() -> None:
    for held in sets():
        assert len(SEPARATED & frozenset().union(*(role.may for role in held))) <= 1, held


def test_every_permission_is_in_some_role_or_left_out_on_purpose() -> None:
    assigned = frozenset().union(*(role.may for role in ROLES.values()))
    assert ALL - assigned == frozenset(UNASSIGNED)


def test_there_are_three_officers_and_each_stands_alone() -> None:
    officers = {key for key, role in ROLES.items() if role.officer}
    assert officers == {"system_admin", "security_admin", "audit_admin"}
    for one in officers:
        assert all(not lawful([ROLES[one], other]) for key, other in ROLES.items() if key != one)


def test_officers_read_no_business_data() -> None:
    for role in ROLES.values():
        if role.officer:
            assert all(key.startswith(PLATFORM) for key in role.may), role


def test_exclusion_is_symmetric() -> None:
    for one in ROLES.values():
        assert one.meets(one)
        for other in ROLES.values():
            assert one.meets(other) == other.meets(one)


def test_who_operates_does_not_supervise() -> None:
    assert not lawful([ROLES["operations_engineer"], ROLES["security_officer"]])
    assert lawful([ROLES["unit_contact"], ROLES["bureau_leader"]])


def test_a_role_is_named_for_its_reader() -> None:
    role = ROLES["audit_admin"]
    assert (role.title("zh-hans"), role.title("en"), role.title(None)) == (
        "审计管理员",
        "Audit administrator",
        "审计管理员",
    )
    assert role.described("en").isascii() and not role.described("zh-hans").isascii()


@pytest.fixture
def city(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Write a role of the city's own and load everything."""
    monkeypatch.setenv("QINGDUN_CONTENT", str(tmp_path))

    def load(name: str, text: str) -> dict[str, Role]:
        folder = tmp_path / "access" / "roles"
        folder.mkdir(parents=True, exist_ok=True)
        head = "name: 某\nenglish: Some\npurpose: 某事\nenglish_purpose: Something\n"
        (folder / f"{name}.yaml").write_text(head + text, "utf-8")
        return dict(module.roles.__wrapped__())

    return load


def test_a_city_adds_a_role(city: Any) -> None:
    added = city("duty_clerk", "may: [logs.search]\nexcludes: [unit_contact]\n")
    assert not added["duty_clerk"].meets(added["unit_contact"])
    assert not added["duty_clerk"].meets(added["audit_admin"]), "an officer excludes roles that know nothing of it"


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("clerk", "may: [logs.serch]", r"clerk.yaml（may）：没有这样的权限：logs.serch"),
        ("clerk", "may: [logs.search, access.grant]", "只有三员"),
        ("clerk", "may: [logs.search, audit.view]", "只有三员"),
        ("clerk", "officer: true\nmay: [access.view, logs.search]", "三员不得接触业务：logs.search"),
        ("clerk", "officer: true\nmay: [access.create, access.grant]", "一个角色不得兼有"),
        ("system_admin", "replaces: true\nofficer: true\nmay: [access.create, audit.view]", "一个角色不得兼有"),
        ("clerk", "may: [logs.search]\nexcludes: [unit_contract]", r"（excludes）：没有这样的角色：unit_contract"),
    ],
)
def test_a_citys_role_cannot_undo_the_separation(city: Any, name: str, text: str, problem: str) -> None:
    with pytest.raises(BrokenContent, match=problem):
        city(name, text + "\n")
