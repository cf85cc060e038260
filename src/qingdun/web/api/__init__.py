"""`/api/v1/web/`: what belongs to no single room, one file a theme."""

from ninja import Router

from qingdun.web.api import filters, jobs, personal

router = Router()
router.add_router("", personal.router)
router.add_router("/filters", filters.router)
router.add_router("/jobs", jobs.router)
