"""外部身份: which identity of which external sign-in leads to which account."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from qingdun.access.doors import doors
from qingdun.access.models import Identity
from qingdun.web.listing import Action, Column, Listing, choice
from qingdun.web.marks import pair


def titles(_user: Any = None) -> list[tuple[str, str]]:
    """The external ways in by key."""
    return [(key, door.title(get_language())) for key, door in doors().items()]


def _door(row: Identity) -> str:
    return dict(titles()).get(row.door, row.door)


ACCOUNT: Column[Identity] = Column(
    "account",
    _("账号"),
    lambda row: pair(row.account.username, row.account.person.name),
    sort=("account__username",),
    export=lambda row: row.account.username,
)
DOOR: Column[Identity] = Column("door", _("外部登录"), _door, sort=("door",))
ID: Column[Identity] = Column(
    "external_id", _("外部身份标识"), lambda row: row.external_id, "code", sort=("external_id",)
)
CREATED: Column[Identity] = Column("created", _("登记时间"), lambda row: row.created, "time", sort=("created",))
USED: Column[Identity] = Column("used", _("上次使用"), lambda row: row.used, "time", sort=("used",))

IDENTITIES: Listing[Identity] = Listing(
    key="powers.identities",
    title=pgettext_lazy("list", "外部身份"),
    purpose=_("本市统一身份认证里的谁，用哪个账号登录。没有登记的身份进不来，也不会自动开户。"),
    permission="access.view",
    rows=Identity.objects.visible_to,
    link=lambda row: reverse("powers:identity_end", args=[row.pk]),
    columns=(ACCOUNT, DOOR, ID, CREATED, USED),
    filters=(choice("door", _("外部登录"), titles),),
    search=("account__username", "account__person__name", "external_id"),
    order=("account__username", "door"),
    related=("account__person",),
    actions=(Action(_("登记外部身份"), "powers:identity_new", permission="access.create", primary=True),),
    empty=_("还没有登记外部身份。先由运维写好外部登录的配置文件，再在这里把身份对到账号。"),
)
