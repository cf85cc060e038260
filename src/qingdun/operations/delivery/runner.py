"""One device's thread: compare, tell, write down, wait until something changes or is due."""

from __future__ import annotations

import logging
import threading
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone

from qingdun.operations.core.placing import Answer, Plan, State, compare, pause
from qingdun.operations.delivery import ledger
from qingdun.operations.delivery.mechanism import Device, Mechanism, Unreachable, open_for, secrets_of
from qingdun.operations.kinds import kinds
from qingdun.operations.models import Enforcer

IDLE = 5.0  # seconds after which a device looks by itself: fetched lists, readings that are due
log = logging.getLogger(__name__)


class Runner(threading.Thread):
    """Serves one device until `end`. Whatever happens to it, the others do not notice."""

    def __init__(self, enforcer: int) -> None:
        super().__init__(name=f"enforcer-{enforcer}", daemon=True)
        self.enforcer, self.failures = enforcer, 0
        self._changed, self._ended = threading.Event(), threading.Event()
        self._device: Device | None = None
        self._mechanism: Mechanism | None = None
        self._quiet_until: datetime | None = None
        self._read: datetime | None = None  # the last reading by this process

    def wake(self) -> None:
        """Something changed: look now."""
        self._changed.set()

    def end(self) -> None:
        self._ended.set()
        self._changed.set()

    def run(self) -> None:
        while not self._ended.is_set():
            self._changed.clear()
            try:
                self.turn(timezone.now())
            except (DatabaseError, InterfaceError) as error:
                connection.close()
                log.error("封禁设备 %s：数据库暂不可用：%s", self.enforcer, error)
            except Exception:  # a fault of ours in one mechanism must not end its thread
                log.exception("封禁设备 %s", self.enforcer)
                self._mechanism = None
            self._changed.wait(self._patience(timezone.now()))
        connection.close()

    def turn(self, now: datetime) -> None:
        """One look at the device: reading back when it is time, then whatever it must be told."""
        enforcer = Enforcer.objects.filter(pk=self.enforcer, on=True).first()
        if enforcer is None or not ledger.is_known(enforcer):
            return
        asked = enforcer.read_wanted is not None
        if self._quiet_until and now < self._quiet_until and not asked:
            return
        made = Plan()
        try:
            mechanism = self._open(enforcer)
            if asked or self._reading_due(enforcer, now):
                self._read_back(enforcer, mechanism, now)
            if found := mechanism.later(ledger.waiting(enforcer)):
                ledger.write(enforcer, Plan(), found, now)
            made = ledger.situation(enforcer, now, forgets=mechanism.forgets)
            ledger.write(enforcer, made, self._tell(enforcer, mechanism, made, now), timezone.now())
            self.failures, self._quiet_until = 0, None
        except Unreachable as error:
            self._failed(enforcer, made, str(error), now)

    def _tell(self, enforcer: Enforcer, mechanism: Mechanism, made: Plan, now: datetime) -> dict[int, Answer]:
        if made.is_idle:
            return {}
        if enforcer.dry_run:
            words = "演练：只记录，未下发"
            said = {one.id: Answer(State.DRY, words) for one in made.add}
            return said | {one.id: Answer(State.GONE, words) for one in made.remove}
        return dict(mechanism.apply(made, now))

    def _read_back(self, enforcer: Enforcer, mechanism: Mechanism, now: datetime) -> None:
        """Compare what stands on the device with what was placed there; what should not stand there is taken out."""
        there = None if enforcer.dry_run else mechanism.standing()
        self._read = now
        if there is None:
            Enforcer.objects.filter(pk=enforcer.pk).update(read_wanted=None)
            return
        standing, once = ledger.placed(enforcer)
        current = [one for one in standing if one.extent.until is None or one.extent.until > now]
        drift = compare(there, current, once, exclusive=mechanism.exclusive)
        if drift.extra:
            mechanism.drop(list(drift.extra))
        ledger.read_back(enforcer, drift, now)
        if drift.extra and mechanism.exclusive:
            self._write_anew(enforcer, mechanism, now)

    def _write_anew(self, enforcer: Enforcer, mechanism: Mechanism, now: datetime) -> None:
        """A list that is ours alone is written whole, which takes out what does not belong."""
        made = ledger.situation(enforcer, now, forgets=mechanism.forgets)
        ledger.write(enforcer, made, mechanism.apply(made, now), now)

    def _reading_due(self, enforcer: Enforcer, now: datetime) -> bool:
        """At the first look of this process, and then as often as the kind says: at least once a day."""
        return self._read is None or now - self._read >= timedelta(minutes=kinds()[enforcer.kind].check_minutes)

    def _open(self, enforcer: Enforcer) -> Mechanism:
        kind = kinds()[enforcer.kind]
        device = Device(
            enforcer.pk,
            enforcer.name,
            kind,
            kind.told(enforcer.settings),
            {} if enforcer.dry_run else secrets_of(kind, enforcer.settings),
            enforcer.token_digest,
            enforcer.capacity,
        )
        if self._mechanism is None or device != self._device:
            if self._mechanism is not None:
                self._read = None  # another address is another device: see what stands there
            self._device, self._mechanism = device, _Nothing() if enforcer.dry_run else open_for(device)
        return self._mechanism

    def _failed(self, enforcer: Enforcer, made: Plan, why: str, now: datetime) -> None:
        if made.is_idle:  # it failed before it was known what to tell
            made = ledger.situation(enforcer, now, forgets=False)
        self.failures += 1
        self._quiet_until = timezone.now() + pause(self.failures)
        if self.failures == 1:
            log.warning("封禁设备 %s 没有应答：%s", enforcer.name, why)
        ledger.failed(enforcer, made, why, self._quiet_until, now)
        Enforcer.objects.filter(pk=enforcer.pk).update(read_wanted=None)

    def _patience(self, now: datetime) -> float:
        if self._quiet_until is None:
            return IDLE
        return min(IDLE, max(0.05, (self._quiet_until - now).total_seconds()))


class _Nothing:
    """What stands in for the device of a dry run."""

    exclusive, forgets = False, True

    def apply(self, plan: Plan, now: datetime) -> dict[int, Answer]:
        return {}

    def standing(self) -> list[str] | None:
        return None

    def later(self, waiting: Any) -> dict[int, Answer]:
        return {}

    def drop(self, addresses: list[str]) -> None:
        return
