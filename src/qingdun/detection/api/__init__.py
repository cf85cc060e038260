"""Detection for programs: each theme of the room adds its own router."""

from __future__ import annotations

from ninja import Router

from qingdun.detection.api import alerts, attacks, intelligence, rules, suppressions

router = Router()
router.add_router("/alerts", alerts.router)
router.add_router("/attacks", attacks.router)
router.add_router("", rules.router)
router.add_router("/intelligence", intelligence.router)
router.add_router("/suppressions", suppressions.router)
