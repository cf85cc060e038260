"""People, accounts, grants and what widens or narrows them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from qingdun.access import actions
from qingdun.access.models import Account, Confirmation, Emergency, Grant
from tests.matrix.rows import SIGNED_IN, Made, Row
from tests.matrix.scene import Scene

VIEW, CREATE, CONTROL, GRANT, REVIEW = (f"access.{one}" for one in ("view", "create", "control", "grant", "review"))
TODAY = date.today()
WEEK = TODAY + timedelta(7)
WHY = {"reason": "测试理由"}
TWINS = {"my_emergency_stop": "powers_emergency_stop"}


def _marked(scene: Scene, role: str = "") -> Any:
    """An account of somebody here whose name carries the mark."""
    return scene.account(role, scene.here, scene.person(scene.here, scene.mark))


def person(scene: Scene) -> Made:
    return {"pk": _marked(scene).person_id}


def account(scene: Scene) -> Made:
    return {"pk": _marked(scene, "unit_contact").pk}


def disabled(scene: Scene) -> Made:
    made = _marked(scene)
    type(made).objects.filter(pk=made.pk).update(is_active=False)
    return {"pk": made.pk}


def grant(scene: Scene) -> Made:
    return {"pk": _marked(scene, "unit_contact").grants.get().pk}


def officer(scene: Scene) -> Made:
    return {"pk": _marked(scene, "audit_admin").grants.get().pk}


def delegation(scene: Scene) -> Made:
    giver, taker = _marked(scene), scene.account("", scene.here)
    return {"pk": actions.delegate(taker, None, TODAY, WEEK, by=giver, reason="测试").pk}


def refusal(scene: Scene) -> Made:
    by = scene.account("security_admin", scene.root)
    made = actions.refuse(_marked(scene), "logs.search", scene.here, TODAY, None, by=by, reason="测试")
    return {"pk": made.pk}


def _emergency(scene: Scene, holder: Any, minutes: int = 20) -> Made:
    now = timezone.now()
    made = Emergency.objects.create(
        number=f"YJ-{Emergency.objects.count()}",
        account=holder,
        permission="logs.search",
        unit=scene.here,
        starts=now - timedelta(minutes=30),
        ends=now + timedelta(minutes=minutes),
        reason="测试",
    )
    return {"pk": made.pk}


def emergency(scene: Scene) -> Made:
    return _emergency(scene, _marked(scene))


def over(scene: Scene) -> Made:
    return _emergency(scene, _marked(scene), -10)


def my_emergency(scene: Scene) -> Made:
    return _emergency(scene, scene.me)


def campaign(scene: Scene) -> Made:
    _marked(scene, "unit_contact")
    return {"pk": actions.open_campaign(TODAY, WEEK, by=None).pk}


def _items(scene: Scene, made: Made) -> dict[str, Any]:
    return {"selected": [Confirmation.objects.get(grant__account__person__name=scene.mark).pk]}


def my_grant(scene: Scene) -> Made:
    scene.give(scene.me, "unit_contact", scene.here)
    return {"pk": Grant.objects.get(account=scene.me).pk}


def _listed(make: Callable[[Scene], Made]) -> Callable[[Scene], Made]:
    return lambda scene: {} if make(scene) else {}


def moved(scene: Scene) -> Made:
    actions.create_unit("inner", "内设科室", "city", scene.here, by=None)
    return person(scene)


def another(scene: Scene) -> Made:
    """Somebody here whom a form can name."""
    return {} if scene.account("", scene.here, scene.person(scene.here, "另一人")) else {}


def _another() -> str:
    return str(Account.objects.get(person__name="另一人").username)


def _newcomer(scene: Scene, made: Made) -> dict[str, Any]:
    return {"name": "新人", "username": "newcomer", "unit": scene.here.code, "post": "科员", **WHY}


def _role(scene: Scene, made: Made) -> dict[str, Any]:
    return {"role": "unit_contact", "unit": scene.here.code, "ends": WEEK.isoformat(), **WHY}


def _refused(scene: Scene, made: Made) -> dict[str, Any]:
    return {
        "account": _another(),
        "permission": "logs.search",
        "unit": scene.here.code,
        "starts": TODAY.isoformat(),
        **WHY,
    }


def _lent(scene: Scene, made: Made) -> dict[str, Any]:
    return {"what": "", "taker": _another(), "starts": TODAY.isoformat(), "ends": WEEK.isoformat(), **WHY}


def _lent_by_program(scene: Scene, made: Made) -> dict[str, Any]:
    return {key: value for key, value in _lent(scene, made).items() if key != "what"}


def _appointed(scene: Scene, made: Made) -> dict[str, Any]:
    return {"account": _another(), "office": "system_admin", **WHY}


def _urgent(scene: Scene, made: Made) -> dict[str, Any]:
    return {"power": "logs.search", "unit": scene.here.code, "minutes": 10, **WHY}


def _lists() -> list[Row]:
    shown = {
        "accounts": account,
        "people": person,
        "grants": grant,
        "delegations": delegation,
        "refusals": refusal,
        "emergencies": emergency,
    }
    return [
        *(Row(f"powers:{name}", "GET", VIEW, _listed(make)) for name, make in shown.items()),
        # columns, saved filters: habits of a page
        *(Row(f"powers:{name}", "POST", VIEW, api="-") for name in (*shown, "campaigns")),
    ]


def _things() -> list[Row]:
    shown = {
        "person": person,
        "account": account,
        "grant": grant,
        "delegation": delegation,
        "refusal": refusal,
        "emergency": emergency,
    }
    return [Row(f"powers:{name}", "GET", VIEW, make) for name, make in shown.items()]


def _acts() -> list[Row]:
    """A form and what it does, for each act on one thing."""
    acts: list[tuple[str, str, Any, Any]] = [
        ("person_edit", CREATE, person, {"name": "改名"}),
        ("account_new", CREATE, person, {"username": "second-one"}),
        ("move", CREATE, moved, {"unit": "inner", "post": "", **WHY}),
        ("leave", CREATE, person, {"on": TODAY.isoformat(), **WHY}),
        ("account_disable", CONTROL, account, WHY),
        ("account_enable", CONTROL, disabled, WHY),
        ("grant_end", GRANT, grant, WHY),
        ("delegation_end", GRANT, delegation, WHY),
        ("refusal_lift", GRANT, refusal, WHY),
        ("emergency_stop", GRANT, emergency, WHY),
        ("emergency_review", REVIEW, over, {"conclusion": "合规"}),
        ("officer_remove", VIEW, officer, WHY),
        ("officer_reset", VIEW, officer, WHY),
        ("renew", SIGNED_IN, my_grant, {"ends": (TODAY + timedelta(300)).isoformat(), **WHY}),
        ("my_emergency_stop", SIGNED_IN, my_emergency, WHY),
    ]
    return [
        Row(
            f"powers:{name}",
            method,
            permission,
            make,
            data if method == "POST" else {},
            shows=False,
            api=TWINS.get(name, f"powers_{name}") if method == "POST" else "",
        )
        for name, permission, make, data in acts
        for method in ("GET", "POST")
    ]


def item(scene: Scene) -> Made:
    campaign(scene)
    return {"pk": Confirmation.objects.get(grant__account__person__name=scene.mark).pk}


def _operations() -> list[Row]:
    lists: dict[str, tuple[Any, Any]] = {
        "accounts": (account, None),
        "people": (person, None),
        "grants": (grant, None),
        "delegations": (delegation, False),
        "refusals": (refusal, False),
        "emergencies": (emergency, False),
        "campaigns": (campaign, False),
        "confirmations": (campaign, False),
    }
    one = {"account", "person", "grant", "delegation", "refusal", "emergency"}
    acts: list[tuple[str, str, Any, Any]] = [
        ("account_new", CREATE, person, {"username": "second-one"}),
        ("move", CREATE, moved, {"unit": "inner", **WHY}),
        ("leave", CREATE, person, {"on": TODAY.isoformat(), **WHY}),
        ("account_disable", CONTROL, account, WHY),
        ("account_enable", CONTROL, disabled, WHY),
        ("account_password", CONTROL, account, WHY),
        ("grant_end", GRANT, grant, WHY),
        ("delegation_end", GRANT, delegation, WHY),
        ("refusal_lift", GRANT, refusal, WHY),
        ("emergency_stop", GRANT, emergency, WHY),
        ("emergency_review", REVIEW, over, {"conclusion": "合规"}),
        ("officer_remove", VIEW, officer, WHY),
        ("officer_reset", VIEW, officer, WHY),
        ("renew", SIGNED_IN, my_grant, {"ends": (TODAY + timedelta(300)).isoformat(), **WHY}),
    ]
    return [
        *(Row(f"powers_{name}", "GET", VIEW, _listed(make), shows=shows) for name, (make, shows) in lists.items()),
        *(
            Row(
                f"powers_{name}",
                "GET",
                VIEW,
                lists[LISTS.get(name, f"{name}s")][0],
                shows=lists[LISTS.get(name, f"{name}s")][1],
            )
            for name in sorted(one)
        ),
        *(Row(f"powers_{name}", "POST", permission, make, data) for name, permission, make, data in acts),
        Row("powers_person_edit", "PATCH", CREATE, person, {"name": "改名"}),
        Row(
            "powers_person_new",
            "POST",
            CREATE,
            data=lambda scene, made: {"name": "新人", "unit": scene.here.code},
            elsewhere=403,
        ),
        Row("powers_refusal_new", "POST", GRANT, another, _refused, elsewhere=403),
        Row("powers_campaign_new", "POST", GRANT, root=True, data={"due": WEEK.isoformat()}),
        Row("powers_confirm", "POST", VIEW, item, {"keep": True}, role="unit_head"),
        Row("powers_officer_appoint", "POST", VIEW, another, _appointed),
        Row("powers_checks", "GET", VIEW, root=True),
        Row("powers_check_now", "POST", VIEW, root=True),
        Row("powers_ask_role", "POST", data=_role),
        Row("powers_ask_account", "POST", data=_newcomer),
        Row("powers_ask_emergency", "POST", data=_urgent),
        Row("powers_delegate", "POST", make=another, data=_lent_by_program),
    ]


LISTS = {"person": "people", "emergency": "emergencies"}

ROWS = (
    *_operations(),
    *_lists(),
    *_things(),
    *_acts(),
    Row("powers:account_password", "GET", CONTROL, account, shows=False),
    Row("powers:account_password", "POST", CONTROL, account, WHY, here=200, api="powers_account_password"),
    Row("powers:roles", "GET", VIEW),
    Row("powers:person_new", "GET", CREATE),
    Row(
        "powers:person_new",
        "POST",
        CREATE,
        data=lambda scene, made: {"name": "新人", "unit": scene.here.code},
        elsewhere=200,
        api="powers_person_new",
    ),
    Row("powers:refusal_new", "GET", GRANT),
    Row("powers:refusal_new", "POST", GRANT, another, _refused, elsewhere=200, api="powers_refusal_new"),
    Row("powers:campaigns", "GET", VIEW),
    Row("powers:campaign", "GET", VIEW, campaign, elsewhere=200),
    Row("powers:campaign", "POST", VIEW, campaign, elsewhere=302, api="-"),
    Row("powers:campaign_new", "GET", GRANT, root=True),
    Row("powers:campaign_new", "POST", GRANT, root=True, data={"due": WEEK.isoformat()}, api="powers_campaign_new"),
    Row("powers:confirm", "POST", VIEW, _listed(campaign), _items, role="unit_head", api="powers_confirm"),
    Row("powers:confirm_end", "POST", VIEW, _listed(campaign), _items, role="unit_head", api="powers_confirm"),
    Row("powers:officers", "GET", VIEW, _listed(officer)),
    Row("powers:officer_appoint", "GET", VIEW),
    Row("powers:officer_appoint", "POST", VIEW, another, _appointed, api="powers_officer_appoint"),
    Row("powers:checks", "GET", VIEW, root=True),
    Row("powers:check_now", "POST", VIEW, root=True, api="powers_check_now"),
    Row("powers:mine"),
    Row("powers:ask_role"),
    Row("powers:ask_role", "POST", data=_role, api="powers_ask_role"),
    Row("powers:ask_account"),
    Row("powers:ask_account", "POST", data=_newcomer, api="powers_ask_account"),
    Row("powers:ask_emergency"),
    Row("powers:ask_emergency", "POST", data=_urgent, api="powers_ask_emergency"),
    Row("powers:delegate"),
    Row("powers:delegate", "POST", make=another, data=_lent, api="powers_delegate"),
)
