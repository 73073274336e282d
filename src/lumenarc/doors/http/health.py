"""Is the server alive, is it ready, what does it count? (/healthz, /readyz, /metrics)"""

from __future__ import annotations

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from starlette.requests import Request
from starlette.responses import Response

from lumenarc.doors.http.context import Context, Endpoint
from lumenarc.doors.http.respond import json_response
from lumenarc.services import status


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
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


ENDPOINTS = (
    Endpoint("GET", "/healthz", _alive, "The process answers.", ""),
    Endpoint("GET", "/readyz", _ready, "Database and storage answer.", ""),
    Endpoint("GET", "/metrics", _metrics, "Figures for Prometheus.", ""),
)
