"""权限: people, accounts, the unit tree, roles, grants, and the one question "may this account do this there?".

Nobody is all-powerful: the account model has no superuser and no staff flag, and powers come only from grants
(role × unit subtree × term). Not for: what the units own (see `inventory`).
"""
