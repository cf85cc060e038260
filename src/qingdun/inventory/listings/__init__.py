"""The list pages of the register, one file a kind; `shared.py` holds the filters they have in common.

The machine interface reads the same listings, so a filter means the same on a page and in a program.
"""

from qingdun.inventory.listings.agents import AGENTS
from qingdun.inventory.listings.contacts import CONTACTS
from qingdun.inventory.listings.devices import DEVICES
from qingdun.inventory.listings.differences import DIFFERENCES
from qingdun.inventory.listings.hosts import HOSTS
from qingdun.inventory.listings.protections import PROTECTIONS
from qingdun.inventory.listings.sites import SITES
from qingdun.inventory.listings.systems import SYSTEMS
from qingdun.inventory.listings.units import UNITS

__all__ = ["AGENTS", "CONTACTS", "DEVICES", "DIFFERENCES", "HOSTS", "PROTECTIONS", "SITES", "SYSTEMS", "UNITS"]
