"""The only doors through which blocking changes: permit, ask the guards, save, history and audit."""

from qingdun.operations.actions.blocking import (
    KIND,
    accept,
    agree,
    agree_longer,
    block,
    expire,
    extend,
    lift,
    propose,
    refuse,
    turn_down,
)
from qingdun.operations.actions.devices import add_enforcer, answer, change_enforcer, new_token, read_back, retry
from qingdun.operations.actions.lists import Imported, export_list, import_list
from qingdun.operations.actions.protecting import protect, resume, set_mode, stop, unprotect
from qingdun.operations.actions.weighing import Weighed, look, usual_end, written

__all__ = [
    "KIND",
    "Imported",
    "Weighed",
    "accept",
    "add_enforcer",
    "agree",
    "agree_longer",
    "answer",
    "block",
    "change_enforcer",
    "expire",
    "export_list",
    "extend",
    "import_list",
    "lift",
    "look",
    "new_token",
    "propose",
    "protect",
    "read_back",
    "refuse",
    "resume",
    "retry",
    "set_mode",
    "stop",
    "turn_down",
    "unprotect",
    "usual_end",
    "written",
]
