"""Is the server alive, is it ready, what does it count? (/healthz, /readyz, /metrics)"""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response

from lumenarc.access import Action
from lumenarc.doors.http.context import Context, Endpoint
from lumenarc.doors.http.respond import json_response
from lumenarc.metrics import BUCKETS_S, Series, Table, Total
from lumenarc.services import jobs, status

_TIMED = ("dimse", "http", "hl7", "job")
_DOCS = {
    "dimse": "DIMSE requests, until their final answer.",
    "http": "HTTP requests, until their answer began.",
    "hl7": "HL7 messages, until their acknowledgement.",
    "job": "Runs of jobs.",
    "associations": "Requests for an association.",
    "suboperations": "Objects sent by C-MOVE and C-GET.",
    "received_bytes": "Bytes of objects and bodies received.",
    "sent_bytes": "Bytes of bodies sent.",
}


async def _alive(_context: Context, request: Request) -> Response:
    return json_response(request, {"status": "ok"})


async def _ready(context: Context, request: Request) -> Response:
    await context.run(status.ready, context.archive)
    return json_response(request, {"status": "ready"})


async def _metrics(context: Context, _request: Request) -> Response:
    held = await context.run(status.status, context.archive)
    registry = CollectorRegistry()
    totals = held.totals
    for name, value, doc in (
        ("patients", totals.n_patients, "Patients stored."),
        ("studies", totals.n_studies, "Studies stored."),
        ("series", totals.n_series, "Series stored."),
        ("instances", totals.n_instances, "Instances stored."),
        ("size_bytes", totals.size_bytes, "Bytes of stored data sets."),
        ("free_bytes", held.free_bytes, "Bytes free in the storage."),
        ("associations", len(context.info.associations()), "Open DICOM associations."),
    ):
        Gauge(f"lumenarc_{name}", doc, registry=registry).set(value)
    registry.register(Counted(context.info.meter.table, await context.run(jobs.counts, context.archive)))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


class Counted(Collector):
    """What all processes have counted, and the jobs by their states, in Prometheus' terms."""

    def __init__(self, table: Table, n_jobs: dict[tuple[str, str], int]) -> None:
        self._table, self._n_jobs = table, n_jobs

    def collect(self) -> Iterator[Metric]:
        """Yield one family after the other."""
        found: dict[str, list[tuple[Series, Total]]] = {}
        for series, total in self._table.totals():
            found.setdefault(series.family, []).append((series, total))
        for family, lines in found.items():
            yield _family(family, lines)
        states = GaugeMetricFamily("lumenarc_jobs", "Jobs that are remembered.", labels=("task", "state"))
        for labels, count in sorted(self._n_jobs.items()):
            states.add_metric(labels, count)
        yield states


def _family(family: str, lines: list[tuple[Series, Total]]) -> Metric:
    names = [name for name, _value in lines[0][0].labels]
    doc = _DOCS[family]
    if family not in _TIMED:
        counter = CounterMetricFamily(f"lumenarc_{family}", doc, labels=names)
        for series, total in lines:
            amount = total.sum if family.endswith("_bytes") else total.count
            counter.add_metric([value for _name, value in series.labels], amount)
        return counter
    histogram = HistogramMetricFamily(f"lumenarc_{family}_seconds", doc, labels=names)
    for series, total in lines:
        buckets = [(str(end), float(count)) for end, count in zip(BUCKETS_S, total.within, strict=True)]
        values = [value for _name, value in series.labels]
        histogram.add_metric(values, [*buckets, ("+Inf", float(total.count))], total.sum)
    return histogram


ENDPOINTS = (
    Endpoint("GET", "/healthz", _alive, "The process answers.", "", needs=Action.OPEN),
    Endpoint("GET", "/readyz", _ready, "Database and storage answer.", "", needs=Action.OPEN),
    Endpoint("GET", "/metrics", _metrics, "Figures for Prometheus.", "", needs=Action.VIEW),
)
