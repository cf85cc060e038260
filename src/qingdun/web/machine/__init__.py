"""机器接口: what every operation of `/api/v1/` has in common, whatever room it belongs to.

`door.Door` stands in front of all of them: who asks (session or bearer token), how often, how much, and once only for
an idempotency key. `problems` words every refusal as `application/problem+json`. `strict` reads bodies and parameters
without guessing; `lists` gives pages of a `Listing`; `document` completes the OpenAPI document.
Not for: what a room's operations do. They live in `<room>/api.py` and go through the room's own actions.
"""

from qingdun.web.machine.shapes import Body

__all__ = ["Body"]
