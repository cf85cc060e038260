"""What tables can be imported into, one file a register; `shared.py` holds what they have in common.

A new column is one line in its register's `columns`.
"""

from qingdun.inventory.imports.devices import DEVICES
from qingdun.inventory.imports.hosts import HOSTS
from qingdun.inventory.imports.sites import SITES
from qingdun.inventory.imports.systems import SYSTEMS
from qingdun.inventory.imports.units import UNITS
from qingdun.web.imports import register

register(UNITS, SYSTEMS, HOSTS, SITES, DEVICES)
