"""What lies on people's desks in the sample city: requests under way, something lent, something refused."""

from __future__ import annotations

from datetime import date, timedelta

from qingdun.access import actions, requests
from qingdun.access.models import Account


def fill(today: date) -> None:
    """After the accounts are there. Every person is invented and named after the role."""
    by = {one.username: one for one in Account.objects.select_related("person__unit")}
    contact, head, engineer = by["unit_contact"], by["unit_head_2"], by["operations_engineer"]
    home = contact.person.unit
    half_year, week = today + timedelta(days=180), today + timedelta(days=7)
    requests.ask_role(
        contact, "bureau_leader", home, half_year, by=contact, reason="协助分管领导看本单位的数字（样例）"
    )
    requests.ask_account("新人（样例）", "newcomer", home, "信息科科员", by=head, reason="新到岗（样例）")
    requests.ask_emergency(
        "inventory.export", engineer.person.unit, 20, by=engineer, reason="断网前导出台账备用（样例）"
    )
    actions.delegate(by["unit_contact_2"], None, today, week, by=by["unit_head_3"], reason="外出培训（样例）")
    actions.refuse(
        contact, "inventory.personal", home, today, half_year, by=by["security_admin"], reason="未签保密承诺（样例）"
    )
    actions.open_campaign(today, today + timedelta(days=30), by=None)
    actions.check_powers()
