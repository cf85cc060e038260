from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from qingdun.audit.models import Entry
from qingdun.detection.actions import become, judge, judge_many
from qingdun.detection.core.judging import Act
from qingdun.detection.models import Alert
from qingdun.detection.outcomes import Outcome, forget, open_to, register

Make = Callable[..., Any]


@pytest.fixture
def officer(make_account: Make) -> Any:
    return make_account("duty_officer")


def test_from_new_to_handled(make_alert: Make, officer: Any) -> None:
    alert = make_alert()
    judge(alert, Act.TAKE, by=officer)
    judge(alert, Act.CONFIRM, by=officer, reason="确有扫描")
    judge(alert, Act.HANDLE, by=officer, reason="已封禁源地址")
    alert.refresh_from_db()
    assert (alert.state, alert.assignee, alert.live) == ("handled", officer, False)
    assert alert.closed is not None
    assert [(note.act, note.text) for note in alert.notes.all()] == [
        ("take", ""),
        ("confirm", "确有扫描"),
        ("handle", "已封禁源地址"),
    ]
    last = Entry.objects.order_by("pk").last()
    assert last and (last.action, last.reason) == ("detection.handle", "已封禁源地址")


@pytest.mark.parametrize("act", [Act.HANDLE, Act.FALSE, Act.IGNORE, Act.NOTE])
def test_who_closes_says_why(make_alert: Make, officer: Any, act: Act) -> None:
    alert = make_alert()
    with pytest.raises(ValidationError) as refused:
        judge(alert, act, by=officer, reason=" ")
    assert "reason" in refused.value.message_dict
    judge(alert, act, by=officer, reason="值班核实")
    assert alert.notes.get().text == "值班核实"


def test_what_is_closed_is_opened_again_only_with_a_reason(make_alert: Make, officer: Any) -> None:
    alert = judge(make_alert(), Act.FALSE, by=officer, reason="内部扫描器")
    with pytest.raises(ValidationError):
        judge(alert, Act.CONFIRM, by=officer)
    with pytest.raises(ValidationError):
        judge(alert, Act.REOPEN, by=officer)
    opened = judge(alert, Act.REOPEN, by=officer, reason="不是我们的扫描器")
    assert (opened.state, opened.live, opened.closed) == ("working", True, None)


def test_further_hits_stay_with_the_alert_that_stands_for_the_group(make_alert: Make, officer: Any) -> None:
    old = judge(make_alert(rule="r", grouped="g"), Act.HANDLE, by=officer, reason="已处置")
    newer = make_alert(rule="r", grouped="g")
    old = judge(old, Act.REOPEN, by=officer, reason="没有处置干净")
    newer.refresh_from_db()
    assert (old.live, newer.live) == (False, True)


def test_an_ignored_one_goes_on_counting(make_alert: Make, officer: Any) -> None:
    assert judge(make_alert(), Act.IGNORE, by=officer, reason="影响很小").live


def test_a_units_own_people_see_and_do_not_judge(make_alert: Make, make_account: Make, make_unit: Make) -> None:
    unit = make_unit("edu", parent=make_unit())
    alert, contact = make_alert(unit=unit), make_account("unit_contact", unit=unit)
    assert list(Alert.objects.visible_to(contact)) == [alert]
    with pytest.raises(PermissionDenied):
        judge(alert, Act.TAKE, by=contact)


def test_only_within_the_own_scope(make_alert: Make, make_account: Make, make_unit: Make) -> None:
    here, there = (make_unit(code, parent=make_unit()) for code in ("here", "there"))
    own, foreign = make_alert(unit=here), make_alert(unit=there)
    officer = make_account("duty_officer", unit=here)
    with pytest.raises(PermissionDenied):
        judge(foreign, Act.TAKE, by=officer)
    done = judge_many([own.pk, foreign.pk], Act.TAKE, by=officer)
    foreign.refresh_from_db()
    assert (done.changed, done.passed_over, foreign.state) == (1, 0, "new")


def test_it_is_given_only_to_somebody_who_may_judge_it(make_alert: Make, officer: Any, make_account: Make) -> None:
    colleague, leader = make_account("duty_officer"), make_account("bureau_leader")
    alert = make_alert()
    with pytest.raises(ValidationError):
        judge(alert, Act.ASSIGN, by=officer, to=leader)
    with pytest.raises(ValidationError):
        judge(alert, Act.ASSIGN, by=officer)
    judge(alert, Act.ASSIGN, by=officer, to=colleague, reason="你熟悉这个系统")
    alert.refresh_from_db()
    assert (alert.assignee, alert.state) == (colleague, "working")
    assert colleague.person.name in alert.notes.get().text


def test_many_at_once_cost_no_more_queries(make_alert: Make, officer: Any, django_assert_max_num_queries: Any) -> None:
    alerts = [make_alert() for _n in range(40)]
    judge(alerts[0], Act.HANDLE, by=officer, reason="单独处置")
    with django_assert_max_num_queries(20):
        done = judge_many([one.pk for one in alerts], Act.HANDLE, by=officer, reason="同一次扫描，已封禁")
    assert (done.changed, done.passed_over) == (39, 1)
    assert Alert.objects.filter(state="handled", assignee=officer).count() == 40
    assert Entry.objects.filter(action="detection.handle").count() == 40


# --- what an alert becomes ------------------------------------------------------------------------------------------


class Ticket:
    def get_absolute_url(self) -> str:
        return "/somewhere/7/"


@pytest.fixture
def finding() -> Iterator[Outcome]:
    made = Outcome("above.finding", "转为隐患", "inventory.edit", lambda alert, by, reason: Ticket())
    register(made)
    yield made
    forget(made.kind)


def test_nothing_is_offered_when_nothing_is_registered(make_alert: Make, officer: Any) -> None:
    assert open_to(officer, make_alert()) == []


def test_an_alert_becomes_what_a_room_above_registered_once(
    make_alert: Make, make_account: Make, officer: Any, finding: Outcome
) -> None:
    alert, security = make_alert(), make_account("security_officer")
    assert (open_to(officer, alert), open_to(security, alert)) == ([], [finding])
    with pytest.raises(PermissionDenied):
        become(alert, finding.kind, by=officer, reason="需要整改")
    become(alert, finding.kind, by=security, reason="需要整改")
    alert.refresh_from_db()
    assert (alert.state, alert.notes.get().link) == ("confirmed", "/somewhere/7/")
    assert open_to(security, alert) == []
    with pytest.raises(ValidationError):
        become(alert, finding.kind, by=security, reason="再来一次")
    with pytest.raises(ValidationError):
        become(alert, "above.unknown", by=security, reason="没有这个去向")
