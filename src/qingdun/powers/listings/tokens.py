"""接口令牌: one's own, and for officers everybody's."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, Q, Value, When
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from qingdun.access.models import Token
from qingdun.access.permissions import all_permissions
from qingdun.web.listing import Action, Column, Listing, States, text
from qingdun.web.marks import Shape, Tone, mark, pair

LIVING, EXPIRED, REVOKED = "living", "expired", "revoked"
STATES = ((LIVING, _("有效")), (EXPIRED, _("已到期")), (REVOKED, _("已作废")))
MARKS: dict[str, tuple[Shape, Tone]] = {
    LIVING: ("circle", "ok"),
    EXPIRED: ("square", "plain"),
    REVOKED: ("triangle", "warn"),
}
SHOWN = 2  # permissions named in a row


def with_state(rows: Any) -> Any:
    """Each token with what it is now."""
    revoked = When(Q(revoked__isnull=False), then=Value(REVOKED))
    return rows.annotate(state=Case(revoked, When(expires__lte=Now(), then=Value(EXPIRED)), default=Value(LIVING)))


def state_mark(token: Any) -> SafeString:
    return mark(dict(STATES)[token.state], *MARKS[token.state])


def scope_words(token: Token) -> list[str]:
    """The permissions by their names; one whose room is gone by its key."""
    return [_now(all_permissions().get(key, key)) for key in token.scope]


def _scope(token: Token) -> str:
    words = scope_words(token)
    more = len(words) - SHOWN
    said = "、".join(words[:SHOWN])
    return said + (ngettext(" 等 %d 项", " 等 %d 项", len(words)) % len(words) if more > 0 else "")


def _link(token: Token) -> str:
    return reverse("powers:token", args=[token.pk])


NAME: Column[Token] = Column("name", _("用途"), lambda row: pair(row.name, f"qd_{row.prefix}_…"), sort=("name",))
SCOPE: Column[Token] = Column("scope", _("权限"), _scope, export=lambda row: "、".join(scope_words(row)))
EXPIRES: Column[Token] = Column("expires", _("到期时间"), lambda row: row.expires, "time", sort=("expires",))
USED: Column[Token] = Column("used", _("最近使用"), lambda row: row.last_used, "time", sort=("last_used",))
FROM: Column[Token] = Column("from", _("最近来源"), lambda row: row.last_address, "code")
STATE: Column[Any] = Column("state", _("状态"), state_mark, export=lambda row: dict(STATES)[row.state])

TOKENS: Listing[Token] = Listing(
    key="powers.tokens",
    title=pgettext_lazy("list", "我的接口令牌"),
    purpose=_("给程序用的钥匙：权限不超过您自己的，到期自动失效，内容只在新建时显示一次。"),
    permission="",
    rows=lambda user: with_state(Token.objects.of(user)),
    link=_link,
    columns=(NAME, SCOPE, EXPIRES, USED, FROM, STATE),
    order=("-pk",),
    search=("name", "prefix"),
    search_hint=_("用途、前缀"),
    states=States("state", STATES),
    actions=(
        Action(_("接口说明"), "web:api", "book-open"),
        Action(_("新建令牌"), "powers:token_new", "plus", None, primary=True),
    ),
    empty=_("还没有令牌。程序要读写平台时，在这里给它一把范围刚好、会到期的钥匙。"),
    icon="key-round",
)

ALL_TOKENS: Listing[Token] = Listing(
    key="powers.all_tokens",
    title=pgettext_lazy("list", "接口令牌"),
    purpose=_("全部账号的接口令牌：谁的、能做什么、何时从哪里用过。发现泄露可立即作废。"),
    permission="access.view",
    rows=lambda user: with_state(Token.objects.visible_to(user)),
    related=("account__person__unit",),
    link=_link,
    columns=(
        Column("account", _("账号"), lambda row: pair(row.account.person, row.account), sort=("account__username",)),
        NAME,
        SCOPE,
        EXPIRES,
        USED,
        FROM,
        STATE,
    ),
    order=("-pk",),
    search=("name", "prefix", "account__username", "account__person__name"),
    search_hint=_("账号、姓名、用途、前缀"),
    states=States("state", STATES),
    filters=(text("address", _("来源地址"), "last_address__startswith"),),
    empty=_("还没有人新建过接口令牌。"),
    icon="key-round",
)
