"""互联网应用: a row is the site in service under its domain. It belongs to its system's unit."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

from django.utils.translation import gettext_lazy

from qingdun.inventory.imports.shared import EDIT, AssetSession, system_column
from qingdun.inventory.models import Site
from qingdun.web.imports import Context, Register, Row, field
from qingdun.web.imports.columns import code


def a_domain(text: str, context: Context) -> str:
    """A domain; of a whole address the domain in it."""
    word = code(text).lower().removeprefix("https://").removeprefix("http://").split("/")[0]
    cleaned: str = Site._meta.get_field("domain").clean(word, None)
    return cleaned


COLUMNS = (
    field(Site, "domain", read=a_domain, example="www.example.cn"),
    field(Site, "url", example="https://www.example.cn/"),
    system_column(required=True),
    field(Site, "waf_since", example="2026-03-02"),
    field(Site, "filing_number", example="示例备00000000号"),
    field(Site, "registered", example="2026-03-01"),
    field(Site, "retired"),
)


class Sites(AssetSession):
    model = Site
    columns = {column.key: column for column in COLUMNS}

    def claims(self, row: Row) -> Iterable[tuple[str, Hashable]]:
        if domain := row.values.get("domain"):
            yield "domain", (domain, row.values.get("retired"))

    def match(self, rows: Sequence[Row]) -> None:
        domains = {row.values["domain"] for row in rows if "domain" in row.values}
        standing: dict[str, Site] = {}
        gone: dict[tuple[Any, ...], Site] = {}
        for site in self.held(Site.objects.filter(domain__in=domains)).select_related("system__unit"):
            if site.retired:
                gone[site.domain, site.retired] = site
            else:
                standing[site.domain] = site
        for row in rows:
            domain = row.values.get("domain")
            row.before = gone.get((domain, row.values.get("retired"))) or standing.get(domain or "")

    def check(self, row: Row) -> None:
        if row.before is not None and row.before.retired:  # its protection ended with it
            row.values.pop("waf_since", None)
        super().check(row)

    def label(self, row: Row) -> str:
        return str(row.values.get("domain") or row.text.get("domain") or "")


SITES = Register(
    key="inventory.sites",
    title=gettext_lazy("互联网应用"),
    permission=EDIT,
    columns=COLUMNS,
    open=Sites,
    identity=gettext_lazy("域名，在用的互联网应用中唯一；填了停用日期的行先找同日停用的记录"),
    needs=("domain",),
    url_name="inventory:sites",
)
