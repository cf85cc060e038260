"""The database's own refusal of decisions that must not be: for whatever goes round `approvals.actions`.

A decision is refused when its approval is not waiting in that step, when it is by whom it is for, by who asked or by
who has had a say, for himself or through another, and when its account is not that person's. What was decided, asked
and done on the way is never changed or taken away; who asked and who benefits stays; what is over stays over; and
nothing is agreed to without a decision in each of its steps.
"""

from __future__ import annotations

from collections.abc import Mapping

from qingdun.access.core.guard import Guard

REFUSALS = {
    "decision": "审核意见不合规：非待审环节、申请人或受益人自审、同一自然人重复审核，或账号与本人不符",
    "fixed": "审批记录只能追加，不得更改或删除",
    "over": "审批不得改换申请人与内容，已办结的不得重开，未经各环节审核不得同意",
    "late": "审核开始后不得再增减受益人",
}

#: True when the new decision `NEW` may not be.
_WRONG = """
    NOT EXISTS (
      SELECT 1 FROM access_approval a
        JOIN access_account mine ON mine.id = NEW.by_id
        LEFT JOIN access_account theirs ON theirs.id = NEW.on_behalf_id
      WHERE a.id = NEW.approval_id AND a.state = 'waiting' AND a.step = NEW.step
        AND mine.person_id = NEW.person_id
        AND (NEW.on_behalf_id IS NULL OR theirs.person_id = NEW.behalf_person_id)
        AND a.requester_person_id NOT IN (NEW.person_id, COALESCE(NEW.behalf_person_id, NEW.person_id)))
    OR EXISTS (
      SELECT 1 FROM access_beneficiary b WHERE b.approval_id = NEW.approval_id
        AND b.person_id IN (NEW.person_id, COALESCE(NEW.behalf_person_id, NEW.person_id)))
    OR EXISTS (
      SELECT 1 FROM access_decision d WHERE d.approval_id = NEW.approval_id
        AND (d.person_id IN (NEW.person_id, COALESCE(NEW.behalf_person_id, NEW.person_id))
          OR d.behalf_person_id IN (NEW.person_id, COALESCE(NEW.behalf_person_id, NEW.person_id))))
"""

#: True when an approval may not become what `NEW` is.
_ASTRAY = """
    NEW.requester_person_id <> OLD.requester_person_id OR NEW.requester_id <> OLD.requester_id
    OR NEW.kind <> OLD.kind OR NEW.digest <> OLD.digest OR NEW.unit_id <> OLD.unit_id OR NEW.once <> OLD.once
    OR (OLD.state NOT IN ('waiting', 'supplement') AND NEW.state <> OLD.state)
    OR (NEW.state = 'agreed' AND OLD.state <> 'agreed' AND (
      SELECT COUNT(DISTINCT d.step) FROM access_decision d WHERE d.approval_id = NEW.id AND d.verdict = 'agree'
    ) <= NEW.step)
"""

_LATE = "EXISTS (SELECT 1 FROM access_decision d WHERE d.approval_id = NEW.approval_id)"


def _sqlite(refusal: str, condition: str = "1") -> str:
    return f"BEGIN SELECT RAISE(ABORT, '{REFUSALS[refusal]}') WHERE {condition}; END"


def _there(table: str) -> str:
    return f"EXISTS (SELECT 1 FROM {table} old WHERE old.id = NEW.id)"  # noqa: S608 (our own tables)


def _refuse(refusal: str) -> str:
    return f"RAISE EXCEPTION '{REFUSALS[refusal]}' USING ERRCODE = 'integrity_constraint_violation';"


def _fixed(table: str) -> Guard:
    """Rows of this table are only ever appended. `INSERT OR REPLACE` deletes without firing delete triggers."""
    return Guard(
        table,
        (
            f"BEFORE UPDATE ON {table} {_sqlite('fixed')}",
            f"BEFORE DELETE ON {table} {_sqlite('fixed')}",
            f"BEFORE INSERT ON {table} {_sqlite('fixed', _there(table))}",
        ),
        f"BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {table}_fixed()",
        f"BEGIN {_refuse('fixed')} END",
    )


GUARDS: Mapping[str, Guard] = {
    "access_decision_lawful": Guard(
        "access_decision",
        (f"BEFORE INSERT ON access_decision {_sqlite('decision', _WRONG)}",),
        "BEFORE INSERT ON access_decision FOR EACH ROW EXECUTE FUNCTION access_decision_lawful()",
        # The approval is locked first, so that of two decisions at once the second sees the first.
        f"""
        BEGIN
          PERFORM 1 FROM access_approval WHERE id = NEW.approval_id FOR UPDATE;
          IF {_WRONG} THEN {_refuse("decision")} END IF;
          RETURN NEW;
        END
        """,
    ),
    "access_approval_lawful": Guard(
        "access_approval",
        (
            f"BEFORE UPDATE ON access_approval {_sqlite('over', _ASTRAY)}",
            f"BEFORE DELETE ON access_approval {_sqlite('fixed')}",
            f"BEFORE INSERT ON access_approval {_sqlite('fixed', _there('access_approval'))}",
        ),
        "BEFORE UPDATE OR DELETE ON access_approval FOR EACH ROW EXECUTE FUNCTION access_approval_lawful()",
        f"""
        BEGIN
          IF TG_OP = 'DELETE' THEN {_refuse("fixed")} END IF;
          IF {_ASTRAY} THEN {_refuse("over")} END IF;
          RETURN NEW;
        END
        """,
    ),
    "access_beneficiary_lawful": Guard(
        "access_beneficiary",
        (f"BEFORE INSERT ON access_beneficiary {_sqlite('late', _LATE)}",),
        "BEFORE INSERT ON access_beneficiary FOR EACH ROW EXECUTE FUNCTION access_beneficiary_lawful()",
        f"BEGIN IF {_LATE} THEN {_refuse('late')} END IF; RETURN NEW; END",
    ),
    **{f"{table}_fixed": _fixed(table) for table in ("access_decision", "access_beneficiary", "access_approvalevent")},
}
