"""安全设备: a row is the device in service at its management address in its zone."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

from django.utils.translation import gettext_lazy

from qingdun.inventory.imports.hosts import an_address
from qingdun.inventory.imports.shared import EDIT, AssetSession, unit_column
from qingdun.inventory.models import SecurityDevice
from qingdun.web.imports import Register, Row, field

COLUMNS = (
    field(SecurityDevice, "name", example="出口防火墙"),
    field(SecurityDevice, "kind", example="防火墙"),
    field(SecurityDevice, "vendor", example="示例厂商"),
    field(SecurityDevice, "model", example="FW-2000"),
    field(SecurityDevice, "zone", example="管理区"),
    field(SecurityDevice, "address", read=an_address, now=lambda device: str(device.address), example="10.40.0.1"),
    unit_column(),
    field(SecurityDevice, "version", example="V5.1"),
    field(SecurityDevice, "rules_version", example="2026.03.01"),
    field(SecurityDevice, "rules_date", example="2026-03-01"),
    field(SecurityDevice, "registered", example="2026-03-01"),
    field(SecurityDevice, "retired"),
)


class Devices(AssetSession):
    model = SecurityDevice
    columns = {column.key: column for column in COLUMNS}

    def place(self, row: Row) -> tuple[str, str] | None:
        zone, address = row.values.get("zone"), row.values.get("address")
        return (zone, address) if zone and address else None

    def claims(self, row: Row) -> Iterable[tuple[str, Hashable]]:
        if place := self.place(row):
            yield "address", (*place, row.values.get("retired"))

    def match(self, rows: Sequence[Row]) -> None:
        addresses = {place[1] for row in rows if (place := self.place(row))}
        standing: dict[tuple[str, str], SecurityDevice] = {}
        gone: dict[tuple[Any, ...], SecurityDevice] = {}
        for one in self.held(SecurityDevice.objects.filter(address__in=addresses)).select_related("unit"):
            if one.retired:
                gone[one.zone, str(one.address), one.retired] = one
            else:
                standing[one.zone, str(one.address)] = one
        for row in rows:
            if place := self.place(row):
                row.before = gone.get((*place, row.values.get("retired"))) or standing.get(place)

    def label(self, row: Row) -> str:
        return str(row.values.get("name") or row.text.get("name") or "")


DEVICES = Register(
    key="inventory.devices",
    title=gettext_lazy("安全设备"),
    permission=EDIT,
    columns=COLUMNS,
    open=Devices,
    identity=gettext_lazy("网络区域加管理地址，在用的设备中唯一；填了停用日期的行先找同日停用的记录"),
    needs=("zone", "address"),
    url_name="inventory:devices",
)
