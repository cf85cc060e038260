from __future__ import annotations

from typing import Any

from django.db import transaction

from qingdun import audit
from qingdun.audit import checkpoints
from tests.matrix.rows import Row


def recorded(scene: Any) -> dict[str, Any]:
    """An act of nobody in particular, which the audit administrator of the whole city reads."""
    with transaction.atomic():
        entry = audit.record(None, "logs.export", f"{scene.mark} 的日志")
    return {"sequence": entry.sequence}


def of_the_auditor(scene: Any) -> dict[str, Any]:
    with transaction.atomic():
        audit.record(scene.account("audit_admin", scene.root), "audit.export", f"{scene.mark} 的记录")
    return {}


def own(scene: Any) -> dict[str, Any]:
    with transaction.atomic():
        audit.record(scene.me, "logs.export", f"{scene.mark} 的日志")
    return {}


def signed(scene: Any) -> dict[str, Any]:
    checkpoints.sign(even_if_unmoved=True)
    return {}


EXPORT = {"form": "csv", "reason": "移交检查组"}

ROWS = (
    Row("audit:entries", "GET", "audit.view", root=True),
    Row("audit:entries", "POST", "audit.export", root=True, data={"act": "export"}),
    Row("audit:entry", "GET", "audit.view", make=recorded, root=True, elsewhere=404, wrong=404),
    Row("audit:auditors", "GET", "audit.view_auditors", make=of_the_auditor, root=True),
    Row("audit:auditors", "POST", "audit.view_auditors", root=True, data={"act": "columns"}),
    Row("audit:mine", "GET", make=own),
    Row("audit:mine", "POST", data={"act": "columns"}),
    Row("audit:export", "GET", "audit.export", root=True),
    Row("audit:export", "POST", "audit.export", root=True, data=EXPORT, here=200),
    Row("audit:report", "GET", "audit.verify", root=True),
    Row("audit:verify", "POST", "audit.verify", root=True, api="powers_audit_verify"),
    Row("powers_audit_entries", "GET", "audit.view", root=True),
    Row("powers_audit_entry", "GET", "audit.view", make=recorded, root=True),
    Row("powers_audit_auditors", "GET", "audit.view_auditors", make=of_the_auditor, root=True),
    Row("powers_audit_mine", "GET", make=own),
    Row("powers_audit_report", "GET", "audit.verify", root=True),
    Row("powers_audit_verify", "POST", "audit.verify", root=True, here=202),
    Row("audit:public_key", "GET", "audit.verify", make=signed, root=True, shows=False),
)
