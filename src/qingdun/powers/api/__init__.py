"""`/api/v1/powers/`: the machine interface of this room, one file a theme."""

from ninja import Router

from qingdun.powers.api import approvals, identities, policy, tokens

router = Router()
router.add_router("/approvals", approvals.router)
router.add_router("/rules", policy.router)
router.add_router("/tokens", tokens.router)
router.add_router("/identities", identities.router)
