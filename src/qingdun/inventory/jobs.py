"""What the register does by the clock."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from qingdun.inventory.actions import sweep
from qingdun.web.jobs import Progress, job


@job("inventory.sweep", _("整理对账差异"), cron="20 1 * * *")
def tidy(progress: Progress) -> None:
    """Explanations that ran out open again; claims to an address that is free now close."""
    done = sweep(timezone.localdate())
    progress(done, done)
