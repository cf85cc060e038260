"""省级名单 as a table: looked at row by row before anything counts, and put on the list through the room's actions.

No public description of the province's own format is known to us, so its columns are found by their titles.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from qingdun.access import policy
from qingdun.operations import actions, shown
from qingdun.operations.core.guards import NotBlockable, Target
from qingdun.operations.core.lists import Line
from qingdun.operations.core.terms import LONGEST
from qingdun.operations.models import Block
from qingdun.web.imports import Column, Context, Register, Row, Session, field, register
from qingdun.web.imports.columns import one_line

PERMISSION = "operations.block"
OPEN = (Block.State.PROPOSED, Block.State.WAITING, Block.State.STANDING)


def an_address(text: str, _context: Context) -> str:
    """Raises ValueError in words."""
    try:
        return Target.parse(text).text
    except NotBlockable as error:
        raise ValueError(str(error)) from None


def _until(standing: Any) -> datetime | None:
    end: datetime | None = standing.valid_until
    return end.replace(microsecond=0) if end else None


COLUMNS = (
    Column(
        "address",
        gettext_lazy("地址"),
        an_address,
        now=lambda block: block.address,
        required=True,
        hint=gettext_lazy("IP 地址或网段"),
        example="198.51.100.23",
        also=("IP", "ip", "IP地址", "源IP", "攻击IP", "恶意IP", "封禁IP", "封禁地址", "网段", "address"),
        attribute="address",
    ),
    field(Block, "direction", example="入向", also=("封禁方向",)),
    field(
        Block,
        "reason",
        read=lambda text, _context: one_line(text),
        required=False,
        keep=True,
        example="省通报：扫描",
        also=("原因", "封禁原因", "通报原因", "备注", "说明"),
    ),
    field(
        Block,
        "valid_until",
        now=_until,
        keep=True,
        hint=gettext_lazy("不填按惯例：第一次 1 天，再犯加倍"),
        example="2026-12-31 00:00",
        also=("截止时间", "到期时间", "解封时间", "有效期至"),
    ),
)


class Province(Session):
    """One list: what stands already is left as it is, what is protected is refused in words."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.now = timezone.now()

    def claims(self, row: Row) -> Iterable[tuple[str, Hashable]]:
        if "address" in row.values:
            yield "address", (row.values["address"], self.direction(row))

    def match(self, rows: Sequence[Row]) -> None:
        wanted = {row.values["address"] for row in rows if "address" in row.values}
        open_now = Block.objects.filter(address__in=wanted, state__in=OPEN)
        standing = {(one.address, one.direction): one for one in open_now}
        for row in rows:
            if found := standing.get((row.values.get("address", ""), self.direction(row))):
                row.before = found
                row.values = {"address": found.address}  # on the list already: this list changes nothing of it

    def check(self, row: Row) -> None:
        if not self.context.scope(PERMISSION).covers(policy.ROOT):
            row.wrong("", _("封禁名单属于全市，须有全市范围的授权"))
        until = row.values.get("valid_until")
        if row.before is None and until is not None and until <= self.now:
            row.wrong("valid_until", _("截止时间已过"))

    def check_all(self, rows: Sequence[Row]) -> None:
        """What is protected, and what is too wide."""
        for row in rows:
            if row.before is None and "address" in row.values:
                until = row.values.get("valid_until") or self.now + LONGEST
                (look,) = shown.looks([row.values["address"]], self.direction(row), until)
                if look.refused:
                    row.wrong("address", look.refused)

    def label(self, row: Row) -> str:
        return str(row.values.get("address") or row.text.get("address") or "")

    def write(self, new: Sequence[Row], changed: Sequence[Row]) -> None:
        """What was refused in the moment of writing stands in the result of the import."""
        rows = {row.number: row for row in new}
        done = actions.import_list([self._line(row) for row in new], by=self.context.by, reason=_("省级名单"))
        for line in done.refused:
            rows[line.number].wrong("address", line.problem)

    def _line(self, row: Row) -> Line:
        values = row.values
        return Line(
            row.number, values["address"], values.get("reason") or "", self.direction(row), values.get("valid_until")
        )

    def finish(self) -> None:
        """The action records each block itself."""

    def direction(self, row: Row) -> str:
        return str(row.values.get("direction") or Block.Direction.INBOUND)


BLOCKS = Register(
    key="operations.blocks",
    title=gettext_lazy("封禁名单"),
    permission=PERMISSION,
    columns=COLUMNS,
    open=Province,
    identity=gettext_lazy("地址加方向；已在名单中的不变"),
    needs=("address",),
    url_name="operations:blocks",
)
register(BLOCKS)
