from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from qingdun.audit.models import Entry
from qingdun.logs import actions
from qingdun.logs.models import Source

pytestmark = pytest.mark.django_db


def syslog(**fields: Any) -> Source:
    return Source(**({"name": "边界防火墙", "via": "syslog", "address": "192.0.2.1"} | fields))


@pytest.fixture
def engineer(make_account: Callable[..., Any]) -> Any:
    return make_account("operations_engineer")


def test_a_source_is_entered_and_recorded(engineer: Any) -> None:
    source = actions.register_source(syslog(), by=engineer, reason="新装")
    assert (source.registered, Source.objects.count()) == (True, 1)
    entry = Entry.objects.latest("sequence")
    assert (entry.action, entry.reason) == ("logs.manage_sources", "新装")


def test_a_sender_that_appeared_is_claimed_with_its_history(engineer: Any) -> None:
    appeared = Source.objects.create(name="192.0.2.1", via="syslog", address="192.0.2.1")
    claimed = actions.register_source(syslog(), by=engineer)
    assert (claimed.pk, claimed.name, claimed.registered) == (appeared.pk, "边界防火墙", True)
    assert Source.objects.count() == 1


def test_changing_a_source_claims_it_and_tells_what_changed(engineer: Any) -> None:
    source = Source.objects.create(name="192.0.2.1", via="syslog", address="192.0.2.1")
    source.name, source.silent_after = "出口防火墙", 10
    actions.change_source(source, by=engineer)
    source.refresh_from_db()
    assert (source.name, source.silent_after, source.registered) == ("出口防火墙", 10, True)
    count = Entry.objects.count()
    actions.change_source(source, by=engineer)
    assert Entry.objects.count() == count, "nothing changed, nothing recorded"


@pytest.mark.parametrize(
    ("fields", "faulty"),
    [
        ({"via": "file", "address": "logs/access.log"}, "address"),
        ({"via": "file", "address": "/etc/shadow"}, "address"),
        ({"via": "file", "address": "/var/log/../../etc/shadow"}, "address"),
        ({"address": ""}, "address"),
        ({"format": "nonsense"}, "format"),
        ({"name": ""}, "name"),
    ],
)
def test_a_source_that_could_not_work_is_refused(engineer: Any, fields: dict[str, str], faulty: str) -> None:
    with pytest.raises(ValidationError) as refused:
        actions.register_source(syslog(**fields), by=engineer)
    assert faulty in refused.value.message_dict
    assert not Source.objects.exists()


@pytest.mark.parametrize("fields", [{"relay": True}, {"via": "file", "address": "/var/log/app.log"}])
def test_relays_and_files_are_set_up_for_the_platform_only(
    engineer: Any, make_account: Callable[..., Any], make_unit: Callable[..., Any], fields: dict[str, Any]
) -> None:
    """A relay speaks for the devices of every unit, and a file may hold their lines."""
    unit = make_unit("edu", parent=make_unit())
    keeper = make_account("operations_engineer", unit=unit)
    with pytest.raises(PermissionDenied):
        actions.register_source(syslog(unit=unit, **fields), by=keeper)
    kept = actions.register_source(syslog(unit=unit, address="192.0.2.7"), by=keeper)
    for name, value in fields.items():
        setattr(kept, name, value)
    with pytest.raises(PermissionDenied):
        actions.change_source(kept, by=keeper)
    assert actions.register_source(syslog(unit=unit, **fields), by=engineer).registered


def test_a_token_is_shown_once_and_only_its_digest_kept(engineer: Any) -> None:
    source = actions.register_source(syslog(via="http", address=""), by=engineer)
    token = actions.new_token(source, by=engineer)
    source.refresh_from_db()
    assert source.token_digest == sha256(token.encode()).hexdigest()
    assert not Entry.objects.filter(changes__contains=token).exists()
    assert actions.new_token(source, by=engineer) != token
    actions.forget_token(source, by=engineer)
    source.refresh_from_db()
    assert source.token_digest == ""


def test_only_http_sources_have_tokens(engineer: Any) -> None:
    source = actions.register_source(syslog(), by=engineer)
    with pytest.raises(ValidationError):
        actions.new_token(source, by=engineer)


def test_who_may_not_manage_sources_changes_nothing(engineer: Any, make_account: Callable[..., Any]) -> None:
    source = actions.register_source(syslog(via="http", address=""), by=engineer)
    leader = make_account("bureau_leader")
    for attempt in (
        lambda: actions.register_source(syslog(), by=leader),
        lambda: actions.change_source(source, by=leader),
        lambda: actions.new_token(source, by=leader),
        lambda: actions.forget_token(source, by=leader),
    ):
        with pytest.raises(PermissionDenied):
            attempt()
    assert Source.objects.count() == 1


def test_a_source_can_not_be_moved_out_of_ones_reach(
    make_account: Callable[..., Any], make_unit: Callable[..., Any]
) -> None:
    root = make_unit()
    here, there = make_unit("here", parent=root), make_unit("there", parent=root)
    engineer = make_account("operations_engineer", unit=here)
    source = actions.register_source(syslog(unit=here), by=engineer)
    source.unit = there
    with pytest.raises(PermissionDenied):
        actions.change_source(source, by=engineer)
    assert [one.unit for one in Source.objects.visible_to(engineer)] == [here]
