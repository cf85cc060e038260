"""`/api/v1/powers/`: the machine interface of this room, one file a theme."""

from ninja import Router

from qingdun.powers.api import approvals, audit, grants, identities, officers, people, policy, tokens

router = Router()
router.add_router("/approvals", approvals.router)
router.add_router("/audit", audit.router)
router.add_router("/rules", policy.router)
router.add_router("/tokens", tokens.router)
router.add_router("/identities", identities.router)
router.add_router("/people", people.people)
router.add_router("/accounts", people.accounts)
router.add_router("/grants", grants.grants)
router.add_router("/delegations", grants.delegations)
router.add_router("/refusals", grants.refusals)
router.add_router("/asks", grants.asks)
router.add_router("/emergencies", officers.emergencies)
router.add_router("/recertification", officers.campaigns)
router.add_router("/officers", officers.officers)
router.add_router("/checks", officers.checks)
