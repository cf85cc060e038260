from __future__ import annotations

import pytest

from qingdun.access.core.user_agents import named

SAFARI = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_0) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Safari/605.1.15"
)
EDGE = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36 Edg/130.0"


@pytest.mark.parametrize(
    ("agent", "words"), [(SAFARI, "Safari · macOS"), (EDGE, "Edge · Windows"), ("curl/8.5", "curl/8.5"), ("", "")]
)
def test_a_browser_is_named_as_people_know_it(agent: str, words: str) -> None:
    assert named(agent) == words
