"""Where this room's pages stand in the navigation."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from qingdun.access import policy
from qingdun.powers import asking
from qingdun.web.menu import Tab, register


def _clerk(user: Any) -> bool:
    """Officers ask for nothing beside their office."""
    return not any(role.officer for role in policy.roles_of(user))


def _looks_on(user: Any) -> bool:
    return policy.may(user, "access.view")


register(
    Tab("workbench", pgettext_lazy("list", "待我审核"), "powers:inbox", None, 10),
    Tab("workbench", pgettext_lazy("list", "我的申请"), "powers:asked", None, 20),
    Tab("workbench", pgettext_lazy("list", "我审过的"), "powers:decided", None, 30),
    Tab("system", _("登录规则"), "powers:rules", "access.rules", 57),
    Tab("system", pgettext_lazy("list", "接口令牌"), "powers:all_tokens", "access.view", 55),
)
register(
    Tab("workbench", pgettext_lazy("list", "我的权限"), "powers:mine", None, 40),
    Tab("system", pgettext_lazy("list", "账号"), "powers:accounts", "access.view", 40),
    Tab("system", pgettext_lazy("list", "人员"), "powers:people", "access.view", 41),
    Tab("system", pgettext_lazy("list", "授权"), "powers:grants", "access.view", 42),
    Tab("system", pgettext_lazy("list", "授权复核"), "powers:campaigns", "access.view", 43),
    Tab("system", pgettext_lazy("list", "应急授权"), "powers:emergencies", "access.view", 44),
    Tab("system", pgettext_lazy("list", "三员"), "powers:officers", "access.view", 45),
)
register(
    Tab("workbench", pgettext_lazy("list", "我的操作记录"), "audit:mine", None, 90),
    Tab("system", pgettext_lazy("list", "审计记录"), "audit:entries", "audit.view", 60),
    Tab("system", pgettext_lazy("list", "审计管理员的操作"), "audit:auditors", "audit.view_auditors", 62),
    Tab("system", pgettext_lazy("list", "完整性报告"), "audit:report", "audit.verify", 64),
)

asking.register(
    asking.Form(
        "access.role",
        _("申请角色"),
        _("要做一件现在做不了的事：说明角色、范围和期限。"),
        "powers:ask_role",
        "key-round",
        _clerk,
        10,
    ),
    asking.Form(
        "access.account", _("申请账号"), _("给还没有账号的人申请一个。"), "powers:ask_account", "user-plus", order=20
    ),
    asking.Form(
        "access.emergency",
        _("申请应急授权"),
        _("紧急时用几分钟，两人批准，事后复盘。"),
        "powers:ask_emergency",
        "siren",
        _clerk,
        30,
    ),
    asking.Form(
        "access.appoint", _("任命三员"), _("由另外两员会签。"), "powers:officer_appoint", "shield-check", _looks_on, 40
    ),
)

register(Tab("system", pgettext_lazy("list", "外部身份"), "powers:identities", "access.view", 46))
asking.register(
    asking.Form(
        "access.factor_reset",
        _("申请重置第二验证"),
        _("同事的手机、密钥和恢复码都没有了，登录不了。"),
        "powers:ask_factor_reset",
        "smartphone",
        order=50,
    )
)
