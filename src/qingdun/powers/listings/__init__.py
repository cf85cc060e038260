"""The lists of this room: who there is, what they hold, lend, are refused, and are lent in an emergency."""

from qingdun.powers.listings.accounts import ACCOUNTS
from qingdun.powers.listings.campaigns import CAMPAIGNS, CONFIRMATIONS
from qingdun.powers.listings.emergencies import EMERGENCIES
from qingdun.powers.listings.grants import DELEGATIONS, GRANTS, REFUSALS
from qingdun.powers.listings.people import PEOPLE

__all__ = ["ACCOUNTS", "CAMPAIGNS", "CONFIRMATIONS", "DELEGATIONS", "EMERGENCIES", "GRANTS", "PEOPLE", "REFUSALS"]
