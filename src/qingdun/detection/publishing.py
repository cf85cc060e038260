"""What readers need of the database, as files whose names carry a digest: the register, switches, suppressions."""

from __future__ import annotations

from hashlib import sha256
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import orjson
from django.db.models import Count, Max

from qingdun.detection import models
from qingdun.detection.core.assets import Assets, Owner
from qingdun.history.models import Change
from qingdun.inventory.models import Address, Host, Site
from qingdun.lib import environment
from qingdun.lib.command import Unusable

_Fingerprint = tuple[Any, ...]


class Register:
    """The register's file; written again only when a row of it may have changed."""

    def __init__(self) -> None:
        self._seen: _Fingerprint | None = None
        self._path: Path | None = None

    def publish(self, folder: Path) -> Path:
        seen = _fingerprint()
        if self._path is None or seen != self._seen or self._path.parent != folder or not self._path.exists():
            self._path, self._seen = put(folder, "assets", assets().dump()), seen
        return self._path


def switches(folder: Path) -> Path:
    """Rules that are off, and those that rest because they took too much time."""
    resting = dict(models.RuleState.objects.resting().values_list("rule", "took"))
    told = {"off": sorted(models.RuleSwitch.objects.off()), "resting": resting}
    return put(folder, "switches", orjson.dumps(told, option=orjson.OPT_SORT_KEYS))


def suppressions(folder: Path) -> Path:
    """The filter documents that hold today."""
    texts = list(models.Suppression.objects.active().order_by("pk").values_list("text", flat=True))
    return put(folder, "suppressions", orjson.dumps({"texts": texts}))


def put(folder: Path, name: str, content: bytes) -> Path:
    """A file that says what it holds by its name; the same content is the same file."""
    path = folder / f"{name}-{sha256(content).hexdigest()[:20]}.json"
    if not path.exists():
        writing = path.with_suffix(".writing")
        writing.write_bytes(content)
        writing.replace(path)
    return path


def assets() -> Assets:
    """Hosts in service by their addresses and names, sites by their domains."""
    addresses: dict[str, Owner] = {}
    names: dict[str, Owner] = {}
    hosts = Host.objects.filter(retired=None).order_by("-pk")
    for pk, system, unit, name, address, further in hosts.values_list(
        "pk", "system_id", "unit_id", "name", "address", "further"
    ):
        for each in (*further, address):
            addresses[str(each).lower()] = (pk, system, unit)
        names[name.lower()] = (pk, system, unit)
    sites: dict[str, Owner] = {
        domain.lower(): (None, system, unit)
        for domain, system, unit in Site.objects.filter(retired=None).values_list(
            "domain", "system_id", "system__unit_id"
        )
    }
    return Assets(addresses, names, sites, _networks())


def _networks() -> tuple[str, ...]:
    """The city's own networks beside the private ones and the registered addresses. Raises Unusable."""
    given = [text.strip() for text in environment.text("QINGDUN_NETWORKS").split(",") if text.strip()]
    for text in given:
        try:
            ip_network(text, strict=False)
        except ValueError:
            raise Unusable(f"设置 QINGDUN_NETWORKS 里的“{text}”不是网段；请写成 203.0.113.0/24 的样子") from None
    return tuple(given)


def _fingerprint() -> _Fingerprint:
    """Changes whenever a host, an address or a site does: each such change is recorded, or adds or removes a row."""
    changes = Change.objects.aggregate(newest=Max("pk"))["newest"]
    counted = [model.objects.aggregate(rows=Count("pk"), newest=Max("pk")) for model in (Host, Address, Site)]
    return changes, tuple((each["rows"], each["newest"]) for each in counted), _networks()
