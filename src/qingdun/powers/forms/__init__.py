"""Forms of this room. What may be chosen is limited to what the reader may give; the rules are in `access.actions`."""

from qingdun.powers.forms.people import AccountForm, LeaveForm, MoveForm, PersonForm
from qingdun.powers.forms.powers import (
    AppointForm,
    DelegateForm,
    EmergencyForm,
    NewcomerForm,
    RefusalForm,
    RenewForm,
    ReviewForm,
    RoleForm,
)
from qingdun.powers.forms.shared import ReasonForm

__all__ = [
    "AccountForm",
    "AppointForm",
    "DelegateForm",
    "EmergencyForm",
    "LeaveForm",
    "MoveForm",
    "NewcomerForm",
    "PersonForm",
    "ReasonForm",
    "RefusalForm",
    "RenewForm",
    "ReviewForm",
    "RoleForm",
]
