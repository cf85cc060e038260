"""权限与审计的页面: where people meet their powers: accounts, grants, approvals, the officers' desks, the audit record.

`access` and `audit` hold and decide; they lie below `web` and know no page. This room shows them with the patterns of
`web`, runs their clock work and gives them their machine interface. Not for: any rule about who may do what.
"""
