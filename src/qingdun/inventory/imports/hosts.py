"""主机: a row is the host in service at its address in its zone; a row with a day of retirement may be one that was."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from qingdun.access import policy
from qingdun.inventory.core import addresses
from qingdun.inventory.imports.shared import EDIT, AssetSession, system_column, unit_column
from qingdun.inventory.models import Address, Host
from qingdun.web.imports import Column, Context, Register, Row, field
from qingdun.web.imports.columns import code


def an_address(text: str, context: Context) -> str:
    try:
        return addresses.canonical(code(text))
    except addresses.NotAnAddress as error:
        raise ValueError(_("“%s”不是 IP 地址") % error.text) from None


def further(text: str, context: Context) -> list[str]:
    try:
        return addresses.parse_many(code(text))
    except addresses.NotAnAddress as error:
        raise ValueError(_("“%s”不是 IP 地址") % error.text) from None


COLUMNS = (
    field(Host, "name", example="edu-web-01"),
    field(Host, "zone", example="政务外网区"),
    field(Host, "address", read=an_address, now=lambda host: str(host.address), example="10.20.3.4"),
    Column(
        "further",
        gettext_lazy("其他地址"),
        further,
        now=lambda host: host.further,
        write=" ".join,
        empty=[],
        hint=gettext_lazy("公网地址、IPv6 地址等，多个用空格或逗号隔开"),
        example="203.0.113.7 2001:db8::7",
        attribute="further",
    ),
    field(Host, "operating_system", example="麒麟 V10"),
    system_column(required=False),
    unit_column(),
    field(Host, "agent_since", example="2026-03-02"),
    field(Host, "agent_last_seen", example="2026-03-02 08:30"),
    field(Host, "registered", example="2026-03-01"),
    field(Host, "retired"),
)

Place = tuple[str, str]  # zone and address key


class Hosts(AssetSession):
    model = Host
    columns = {column.key: column for column in COLUMNS}

    def place(self, row: Row) -> Place | None:
        zone, address = row.values.get("zone"), row.values.get("address")
        return (zone, addresses.key(address)) if zone and address else None

    def claims(self, row: Row) -> Iterable[tuple[str, Hashable]]:
        place, retired = self.place(row), row.values.get("retired")
        if place is None:
            return
        if retired:
            yield "address", (*place, retired)
            return
        yield "address", place
        for address in row.values.get("further", ()):
            if (key := addresses.key(address)) != place[1]:
                yield "further", (place[0], key)

    def match(self, rows: Sequence[Row]) -> None:
        places = {row.number: place for row in rows if (place := self.place(row))}
        keys = {key for _zone, key in places.values()}
        found = self.held(Host.objects.filter(address_key__in=keys)).select_related("unit", "system")
        standing: dict[Place, Host] = {}
        gone: dict[tuple[Any, ...], Host] = {}
        for host in found:
            if host.retired:
                gone[host.zone, host.address_key, host.retired] = host
            else:
                standing[host.zone, host.address_key] = host
        for row in rows:
            if place := places.get(row.number):
                row.before = gone.get((*place, row.values.get("retired"))) or standing.get(place)

    def check(self, row: Row) -> None:
        if row.before is not None and row.before.retired:  # its agents ended with it
            row.values.pop("agent_since", None)
            row.values.pop("agent_last_seen", None)
        super().check(row)
        if self.of(row, "agent_last_seen") and not self.of(row, "agent_since"):
            row.wrong("agent_since", _("有在线时间的代理应有安装日期"))

    def check_all(self, rows: Sequence[Row]) -> None:
        """An address is used once in a zone, further ones too; who may not see its host learns no name."""
        wanted: dict[Place, tuple[Row, str]] = {}
        for row in rows:
            if self.of(row, "retired") or (row.before is not None and "further" not in row.values):
                continue
            for column, claim in self.claims(row):
                wanted[claim] = (row, column)  # type: ignore[index]
        taken = Address.objects.filter(key__in={key for _zone, key in wanted}).select_related("host__unit")
        for one in taken:
            if (one.zone, one.key) not in wanted:
                continue
            row, column = wanted[one.zone, one.key]
            if row.before is not None and row.before.pk == one.host_id:
                continue
            named = self.context.by is None or policy.may(self.context.by, "inventory.view", one.host)
            words = _("地址 {address} 已由主机 {host} 使用") if named else _("地址 {address} 已由其他单位的主机使用")
            row.wrong(column, words.format(address=addresses.text(one.key), host=one.host))

    def label(self, row: Row) -> str:
        return str(row.values.get("address") or row.text.get("address") or row.text.get("name") or "")


HOSTS = Register(
    key="inventory.hosts",
    title=gettext_lazy("主机"),
    permission=EDIT,
    columns=COLUMNS,
    open=Hosts,
    identity=gettext_lazy("网络区域加主地址，在用的主机中唯一；填了停用日期的行先找同日停用的记录"),
    needs=("zone", "address"),
    url_name="inventory:hosts",
)
