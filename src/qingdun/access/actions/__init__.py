"""The only doors through which people, accounts and powers change: permit, decide, save, audit, in one transaction."""

from qingdun.access.actions.accounts import change_password, create_account
from qingdun.access.actions.factors import (
    NotRemovable,
    add_key,
    add_totp,
    remove_factor,
    renew_recovery_codes,
    reset_factors,
)
from qingdun.access.actions.grants import NotLawful, grant
from qingdun.access.actions.officers import first_officers
from qingdun.access.actions.rules import OutOfBounds, set_rules
from qingdun.access.actions.sessions import end_sessions
from qingdun.access.actions.units import create_unit

__all__ = [
    "NotLawful",
    "NotRemovable",
    "OutOfBounds",
    "add_key",
    "add_totp",
    "change_password",
    "create_account",
    "create_unit",
    "end_sessions",
    "first_officers",
    "grant",
    "remove_factor",
    "renew_recovery_codes",
    "reset_factors",
    "set_rules",
]
