"""What does this request accept? The `accept` query parameter goes before the header (PS3.18 8.3.3.1)."""

from __future__ import annotations

from starlette.requests import Request

from lumenarc.protocol.web.media_types import MediaRange, parse_accept


def accepted(request: Request) -> tuple[MediaRange, ...]:
    """Return the wishes of a request, the best first."""
    asked = request.query_params.getlist("accept")
    # An unescaped plus sign of "dicom+json" has become a space.
    values = [value.replace("dicom json", "dicom+json").replace("dicom xml", "dicom+xml") for value in asked]
    return parse_accept(values or request.headers.getlist("accept"))
