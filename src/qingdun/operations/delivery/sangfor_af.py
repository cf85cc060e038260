"""深信服 AF over its REST interface: one session, signed in again when the device has forgotten it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.utils import timezone

from qingdun.operations.core import sangfor
from qingdun.operations.core.calls import Request, Response
from qingdun.operations.core.guards import Target
from qingdun.operations.core.overlap import Extent
from qingdun.operations.core.placing import Answer, Entry, Plan, State
from qingdun.operations.delivery.http import Line
from qingdun.operations.delivery.mechanism import Device, Unreachable


def open_for(device: Device) -> SangforAF:
    return SangforAF(device)


class SangforAF:
    exclusive, forgets = False, False  # other people block by hand on the same device; its terms are whole minutes

    def __init__(self, device: Device) -> None:
        self._line = Line(device.told["url"], device.told["authority"])
        self._namespace, self._user = device.told["namespace"], device.told["user"]
        self._password, self._token = device.secrets["password"], ""

    def apply(self, plan: Plan, now: datetime) -> Mapping[int, Answer]:
        single = [one for one in plan.add if "/" not in one.address]
        answers = {
            one.id: Answer(State.REFUSED, "这个接口只收单个地址，网段请在设备上配置")
            for one in plan.add
            if "/" in one.address
        }
        for some in _pages([*plan.remove, *plan.again]):
            gone = sangfor.unblocked(self._ask(sangfor.unblock(self._namespace, some)), some)
            answers |= {key: answer for key, answer in gone.items() if key not in {one.id for one in plan.again}}
        for way, term, some in sangfor.groups(single, now):
            said = self._ask(sangfor.block(self._namespace, way, term, some))
            for key, answer in sangfor.blocked(said, some).items():
                answers[key] = _worse(answers.get(key), answer)
        return answers

    def standing(self) -> list[str]:
        found: list[str] = []
        while True:
            try:
                some, in_all = sangfor.listed(self._ask(sangfor.page(self._namespace, len(found))))
            except sangfor.Unusable as wrong:
                raise Unreachable(str(wrong)) from None
            found += some
            if not some or len(found) >= in_all:
                return found

    def later(self, waiting: Mapping[int, str]) -> Mapping[int, Answer]:
        return {}

    def drop(self, addresses: list[str]) -> None:
        entries = [_entry(address) for address in addresses]
        for some in _pages(entries):
            self._ask(sangfor.unblock(self._namespace, some))

    def _ask(self, request: Request) -> Response:
        """Signed in, once more when the session has ended. Raises Unreachable."""
        for fresh in (False, True):
            if fresh or not self._token:
                self._sign_in()
            response = self._line.send(sangfor.signed(request, self._token))
            if not sangfor.is_signed_out(response):
                return response
        raise Unreachable(f"登录后仍被拒绝：{sangfor.said(response)}")

    def _sign_in(self) -> None:
        try:
            answer = self._line.send(sangfor.login(self._namespace, self._user, self._password))
            self._token = sangfor.token(answer)
        except sangfor.Unusable as wrong:
            raise Unreachable(str(wrong)) from None


def _worse(one: Answer | None, other: Answer) -> Answer:
    """Of two directions of one entry, the one that did not succeed."""
    return one if one is not None and one.state in (State.FAILED, State.REFUSED) else other


def _pages(entries: list[Entry]) -> list[list[Entry]]:
    return [entries[start : start + sangfor.PAGE] for start in range(0, len(entries), sangfor.PAGE)]


def _entry(address: str) -> Entry:
    target = Target.parse(address)
    return Entry(Extent(0, target.text, target.first, target.last, "inbound", None), timezone.now())
