"""What this room stores: units, people and their accounts, grants and all that widens or narrows them, approvals."""

from qingdun.access.models.approvals import Approval, ApprovalEvent, Beneficiary, Decision
from qingdun.access.models.emergencies import Emergency
from qingdun.access.models.grants import Delegation, Grant, Refusal
from qingdun.access.models.identities import Identity
from qingdun.access.models.people import Account, Person
from qingdun.access.models.personal import PersonalField
from qingdun.access.models.recertification import Campaign, Confirmation, PowerCheck
from qingdun.access.models.rules import SigningRules
from qingdun.access.models.signing import Guesses, OldPassword, Session
from qingdun.access.models.tokens import Token
from qingdun.access.models.units import Unit, UnitPast

__all__ = [
    "Account",
    "Approval",
    "ApprovalEvent",
    "Beneficiary",
    "Campaign",
    "Confirmation",
    "Decision",
    "Delegation",
    "Emergency",
    "Grant",
    "Guesses",
    "Identity",
    "OldPassword",
    "Person",
    "PersonalField",
    "PowerCheck",
    "Refusal",
    "Session",
    "SigningRules",
    "Token",
    "Unit",
    "UnitPast",
]
