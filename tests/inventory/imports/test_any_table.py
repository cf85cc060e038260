"""Random tables with random faults, killed and racing imports: nothing is lost, half-done or done twice."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from qingdun.inventory.imports import hosts
from qingdun.inventory.models import Address, Host
from qingdun.web.imports import actions
from qingdun.web.imports.register import registers
from qingdun.web.models import Import
from tests.inventory.imports.conftest import as_csv, silent

TITLES = ("名称", "网络区域", "主地址", "其他地址", "归属单位", "登记日期", "停用日期")
ROW = some.tuples(
    some.sampled_from(["甲", "乙", "", "=1+1", "x" * 101]),
    some.sampled_from(["政务外网区", "govnet", "管理区", "火星", ""]),
    some.sampled_from(["10.0.0.1", "10.0.0.2", "１０.0.0.3", "10.0.0.999", "", "2001:db8::1"]),
    some.sampled_from(["", "10.0.0.2", "10.0.0.8 10.0.0.9", "?"]),
    some.sampled_from(["city", "nowhere", ""]),
    some.sampled_from(["2026-03-01", "46082", "2999-01-01", "昨天", ""]),
    some.sampled_from(["", "2026-04-01", "2020-01-01"]),
)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=some.lists(ROW, min_size=1, max_size=12))
def test_what_is_read_is_written_or_named_and_the_second_time_changes_nothing(
    offer: Any, accept: Any, rows: list[tuple[str, ...]]
) -> None:
    from django.db import transaction

    content = as_csv(TITLES, *rows)
    with transaction.atomic():
        first = offer(content)
        if first.state == Import.State.READY:
            done = accept(first).result
            assert (done["new"], done["changed"], done["wrong"]) == (first.counts["new"], first.counts["changed"], 0)
            assert Host.objects.count() == done["new"]
        else:
            assert first.state in (Import.State.SAME, Import.State.REFUSED) and not Host.objects.exists()
        if first.counts:
            parts = ("new", "changed", "unchanged", "wrong")
            assert sum(first.counts[part] for part in parts) == first.counts["read"]
            again = offer(content)
            assert (again.counts["new"], again.counts["changed"]) == (0, 0)
            assert again.counts["wrong"] == first.counts["wrong"]
        indexed = sum(len(host.addresses) for host in Host.objects.filter(retired=None))
        assert Address.objects.count() == indexed
        transaction.set_rollback(True)


def test_a_fault_in_the_middle_leaves_nothing_behind(
    offer: Any, importer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [("a", "govnet", f"10.0.{n >> 8}.{n & 255}", "", "city", "2026-03-01", "") for n in range(2500)]
    given_ = offer(as_csv(TITLES, *rows))
    Import.objects.filter(pk=given_.pk).update(state=Import.State.WRITING, taken=["new"])
    written, write = [], hosts.Hosts.write

    def breaks(self: Any, new: Any, changed: Any) -> None:
        write(self, new, changed)
        written.append(len(new))
        if len(written) % 2 == 0:
            raise ValidationError("断电")

    monkeypatch.setattr(hosts.Hosts, "write", breaks)
    with pytest.raises(ValidationError):
        actions.write(given_, silent)
    given_.refresh_from_db()
    assert (Host.objects.count(), Address.objects.count(), given_.state) == (0, 0, Import.State.READY)
    assert written[:2] == [2000, 500]


def test_accepting_twice_is_accepting_once(offer: Any, importer: Any) -> None:
    from qingdun.web.imports.rows import What

    given_ = offer(as_csv(TITLES, ("a", "govnet", "10.0.0.1", "", "city", "2026-03-01", "")))
    first, second = (actions.accept(given_, [What.NEW], by=importer) for _ in range(2))
    assert first.job_id == second.job_id
    actions.write(first, silent)
    actions.write(first, silent)
    assert Host.objects.count() == 1
    assert actions.accept(given_, [What.NEW], by=importer).state == Import.State.DONE


@pytest.mark.django_db(transaction=True)
def test_two_imports_of_one_register_at_once_enter_each_host_once(make_unit: Any) -> None:
    make_unit()
    rows = [("a", "govnet", f"10.0.0.{n}", "", "city", "2026-03-01", "") for n in range(1, 61)]
    content, failed = as_csv(TITLES, *rows), []
    waiting = []
    for _ in range(2):
        one = actions.keep(registers()["inventory.hosts"], "表.csv", content, by=None)
        actions.read(one, silent)
        Import.objects.filter(pk=one.pk).update(state=Import.State.WRITING, taken=["new"])
        waiting.append(one)

    def carry_out(one: Import) -> None:
        try:
            actions.write(one, silent)
        except (IntegrityError, ValidationError) as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=carry_out, args=(one,)) for one in waiting]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    results = [Import.objects.get(pk=one.pk).result for one in waiting]
    assert failed == [] and Host.objects.count() == 60
    assert sorted(result["new"] for result in results) == [0, 60]
    assert sorted(result["unchanged"] for result in results) == [0, 60]
