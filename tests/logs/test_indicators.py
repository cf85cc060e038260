from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from qingdun.access.policy import Scope

pytestmark = pytest.mark.django_db
DAY = datetime(2026, 3, 15).date()
ROOT = Scope("reporting.view", ("/",))


@pytest.fixture
def figure() -> Any:
    from qingdun.logs.indicators import INDICATORS

    return lambda key, at=DAY, scope=ROOT: next(one for one in INDICATORS if one.key == key).count(at, scope)


@pytest.fixture
def tally(make_unit: Any) -> Any:
    from qingdun.logs.models import HourTally, Source

    def make(at: datetime, *, source: Any = None, **fields: Any) -> Any:
        source = source or Source.objects.get_or_create(name="甲", via="http", registered=True)[0]
        Source.objects.filter(pk=source.pk).update(created=timezone.make_aware(datetime(2026, 1, 1)))
        given = {"lines": 1, "hits": 1, **fields}
        return HourTally.objects.create(hour=timezone.make_aware(at), source=source, **given)

    return make


def test_attacks_are_counted_over_the_month_up_to_the_day(figure: Any, tally: Any) -> None:
    tally(datetime(2026, 2, 28, 23), action="blocked", hits=1)
    tally(datetime(2026, 3, 1, 0), action="blocked", hits=10)
    tally(datetime(2026, 3, 15, 23), action="blocked", hits=100, lines=3)
    tally(datetime(2026, 3, 15, 23), action="alerted", hits=1000)
    tally(datetime(2026, 3, 15, 23), action="allowed", hits=10_000)
    tally(datetime(2026, 3, 16, 0), action="blocked", hits=100_000)
    assert figure("attacks_intercepted").value == 110
    assert figure("attacks_reported").value == 1110
    assert figure("log_lines").value == 5


def test_shares_of_the_day(figure: Any, tally: Any) -> None:
    from qingdun.logs.models import Source

    tally(datetime(2026, 3, 15, 8), lines=40, unread=10)
    tally(datetime(2026, 3, 14, 8), lines=40, unread=40)
    Source.objects.create(name="乙", via="http", registered=True)  # came later
    assert (figure("log_unread").value, figure("log_unread").denominator) == (10, 40)
    assert str(figure("log_sources_sending")) == "100%"
    assert str(figure("log_sources_sending", DAY + timedelta(days=5))) == "0%"


def test_a_reader_counts_what_he_may_see(figure: Any, tally: Any, make_unit: Any) -> None:
    from qingdun.logs.models import Source

    ours = make_unit("ours", parent=make_unit())
    mine = Source.objects.create(name="我方", via="http", registered=True, unit=ours)
    tally(datetime(2026, 3, 15, 8), source=mine, lines=5)
    tally(datetime(2026, 3, 15, 8), lines=50)
    assert figure("log_lines", scope=Scope("reporting.view", (ours.path,))).value == 5
    assert figure("log_lines").value == 55


def test_every_figure_leads_to_a_list_that_understands_it(visitor: Any) -> None:
    from qingdun.logs.indicators import INDICATORS
    from qingdun.reporting.figures import Reading

    client = visitor("operations_engineer")
    for one in INDICATORS:
        html = client.get(Reading(one, one.count(DAY, ROOT), DAY).url).content.decode()
        assert 'id="query-problem"' not in html and "<h1>" in html, one.key
