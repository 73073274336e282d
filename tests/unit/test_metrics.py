"""Are events counted over processes and threads, and shown as Prometheus reads them?"""

from __future__ import annotations

import os
import threading

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from lumenarc.doors.dimse import measured
from lumenarc.doors.http.health import Counted
from lumenarc.metrics import Series, Table

FIND = (("operation", "C-FIND"), ("outcome", "done"))


def shown(table: Table, jobs: dict[tuple[str, str], int] | None = None) -> dict[tuple[str, tuple[str, ...]], float]:
    registry = CollectorRegistry()
    registry.register(Counted(table, jobs or {}))
    found = text_string_to_metric_families(generate_latest(registry).decode())
    samples = [sample for family in found for sample in family.samples]
    return {(one.name, tuple(one.labels[name] for name in sorted(one.labels))): one.value for one in samples}


def test_seconds_fall_into_buckets() -> None:
    table = Table(measured.SERIES)
    meter = table.meter()
    for seconds in (0.001, 0.01, 100.0):
        meter.count("dimse", seconds, operation="C-FIND", outcome="done")
    meter.count("dimse", 1.0, operation="FORMAT C:", outcome="done")
    values = shown(table, {("send", "waiting"): 2})
    name = "lumenarc_dimse_seconds"
    assert values[f"{name}_count", ("C-FIND", "done")] == 3
    assert values[f"{name}_sum", ("C-FIND", "done")] == 100.011
    within = [values[f"{name}_bucket", (end, "C-FIND", "done")] for end in ("0.005", "0.05", "60.0", "+Inf")]
    assert within == [1, 2, 2, 3]
    assert values["lumenarc_jobs", ("waiting", "send")] == 2
    assert not any("FORMAT" in str(key) for key in values)


def test_bytes_are_summed_and_events_counted() -> None:
    table = Table(measured.SERIES)
    meter = table.meter()
    meter.count("received_bytes", 1000, door="dimse")
    meter.count("received_bytes", 24, door="dimse")
    meter.count("suboperations", 0.0, 7, outcome="done")
    meter.count("suboperations", 0.0, 0, outcome="failed")
    values = shown(table)
    assert values["lumenarc_received_bytes_total", ("dimse",)] == 1024
    assert values["lumenarc_suboperations_total", ("done",)] == 7
    assert ("lumenarc_suboperations_total", ("failed",)) not in values


def test_processes_and_threads_count_together() -> None:
    table = Table((Series("dimse", FIND),), 2)
    child = os.fork()
    if child == 0:
        table.meter(1).count("dimse", 0.25, operation="C-FIND", outcome="done")
        os._exit(0)
    meter = table.meter(0)

    def count() -> None:
        for _ in range(500):
            meter.count("dimse", 0.5, operation="C-FIND", outcome="done")

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert os.waitpid(child, 0)[1] == 0
    ((series, total),) = table.totals()
    assert (series.labels, total.count, total.sum) == (FIND, 2001, 1000.25)
    assert total.within == (0, 0, 2001, 2001, 2001)
