"""What this room stores: units, people and their accounts, grants."""

from qingdun.access.models.grants import Grant
from qingdun.access.models.people import Account, Person
from qingdun.access.models.personal import PersonalField
from qingdun.access.models.units import Unit

__all__ = ["Account", "Grant", "Person", "PersonalField", "Unit"]
