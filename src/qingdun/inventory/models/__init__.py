"""What the register stores, one file a kind; `register.py` holds what they have in common.

Units themselves are `access.models.Unit`: who may see what depends on them.
"""

from qingdun.inventory.models.agents import Agent
from qingdun.inventory.models.contacts import Contact
from qingdun.inventory.models.devices import SecurityDevice
from qingdun.inventory.models.differences import Difference, Snapshot
from qingdun.inventory.models.hosts import Address, Host, HostQuerySet
from qingdun.inventory.models.protections import Protection
from qingdun.inventory.models.register import Former, InventoryQuerySet, Zone, units_open_to
from qingdun.inventory.models.sites import Site, SiteQuerySet
from qingdun.inventory.models.systems import STAGES, System, SystemQuerySet

__all__ = [
    "STAGES",
    "Address",
    "Agent",
    "Contact",
    "Difference",
    "Former",
    "Host",
    "HostQuerySet",
    "InventoryQuerySet",
    "Protection",
    "SecurityDevice",
    "Site",
    "SiteQuerySet",
    "Snapshot",
    "System",
    "SystemQuerySet",
    "Zone",
    "units_open_to",
]
