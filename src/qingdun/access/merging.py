"""What becomes of this room's records when their unit is merged into another; see `inventory.core.merging`.

People go along, grants over the merged unit end (nobody is given the other unit by it), refusals go along.
"""

WHEN_MERGED = {
    "access.approval.unit": "stay",  # what was asked for there; a grant over a closed unit is refused when carried out
    "access.approval.desk": "stay",
    "access.emergency.unit": "stay",
    "access.grant.unit": "end",
    "access.person.unit": "follow",
    "access.refusal.unit": "carry",
    "access.unit.merged_into": "stay",
    "access.unit.parent": "move",
    "access.unitpast.unit": "stay",
}
