"""Blocking for programs: the pages' rows, filters and acts, as JSON; one file a theme.

What a form or a guard would refuse is answered with 422 and the same words.
"""

from ninja import Router

from qingdun.operations.api import blocks, enforcers, policies, protected
from qingdun.web.machine import imports

router = Router()
router.add_router("", blocks.router)
router.add_router("/policies", policies.router)
router.add_router("/protected", protected.router)
router.add_router("", enforcers.router)
imports.mount(router, "operations")
