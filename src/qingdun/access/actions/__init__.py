"""The only doors through which people, accounts and powers change: permit, decide, save, audit, in one transaction."""

from qingdun.access.actions.accounts import (
    allow_password,
    change_password,
    create_account,
    disable,
    enable,
    issue_password,
)
from qingdun.access.actions.checks import check_powers
from qingdun.access.actions.delegations import delegate, end_delegation
from qingdun.access.actions.emergencies import review_emergency, start_emergency, stop_emergency
from qingdun.access.actions.factors import (
    NotRemovable,
    add_key,
    add_totp,
    remove_factor,
    renew_recovery_codes,
    reset_factors,
)
from qingdun.access.actions.grants import NotLawful, end_grant, grant
from qingdun.access.actions.identities import tie, untie
from qingdun.access.actions.officers import appoint, dismiss, first_officers
from qingdun.access.actions.people import change_job, edit_person, leave, register_person, what_ends
from qingdun.access.actions.recertification import close_campaign, confirm, open_campaign
from qingdun.access.actions.refusals import lift, refuse
from qingdun.access.actions.rules import OutOfBounds, set_rules
from qingdun.access.actions.sessions import end_sessions
from qingdun.access.actions.units import create_unit, end_unit, move_unit, rename_unit

__all__ = [
    "NotLawful",
    "NotRemovable",
    "OutOfBounds",
    "add_key",
    "add_totp",
    "allow_password",
    "appoint",
    "change_job",
    "change_password",
    "check_powers",
    "close_campaign",
    "confirm",
    "create_account",
    "create_unit",
    "delegate",
    "disable",
    "dismiss",
    "edit_person",
    "enable",
    "end_delegation",
    "end_grant",
    "end_sessions",
    "end_unit",
    "first_officers",
    "grant",
    "issue_password",
    "leave",
    "lift",
    "move_unit",
    "open_campaign",
    "refuse",
    "register_person",
    "remove_factor",
    "rename_unit",
    "renew_recovery_codes",
    "reset_factors",
    "review_emergency",
    "set_rules",
    "start_emergency",
    "stop_emergency",
    "tie",
    "untie",
    "what_ends",
]
