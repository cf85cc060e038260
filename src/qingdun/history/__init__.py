"""沿革: what every record looked like, who changed what of it from what to what, when and why.

Actions write it beside the audit entry, in the same transaction; whoever may see a thing may read its history.
Not for: proof against tampering, which is the audit chain's and the auditor's (see `audit`).
"""
