"""Which object does an address name, and what is its URL? (PS3.18 10.1)"""

from __future__ import annotations

from starlette.requests import Request

from lumenarc.protocol.web.uris import uid

STUDY = "/studies/{study}"
SERIES = STUDY + "/series/{series}"
INSTANCE = SERIES + "/instances/{inst}"
LEVELS = (STUDY, SERIES, INSTANCE)


def uids(request: Request) -> tuple[str, str | None, str | None]:
    """Return the study, series and SOP instance UID of an address; raise BadRequest for what can be none."""
    given = request.path_params
    study = uid(given["study"], "Study Instance UID")
    series = uid(given["series"], "Series Instance UID") if "series" in given else None
    inst = uid(given["inst"], "SOP Instance UID") if "inst" in given else None
    return study, series, inst


def base_url(request: Request) -> str:
    """Return scheme, host and DICOMweb root of a request, without a slash at the end."""
    aet = request.path_params.get("aet")
    root = f"/aets/{aet}/rs" if aet else "/dicom-web"
    return f"{request.url.scheme}://{_host(request)}{root}"


def _host(request: Request) -> str:
    """Return the host under which we were called.

    dicomweb-client leaves the port out of its Host header; whoever calls our own address without one means ours.
    """
    host = request.headers.get("host", "localhost")
    name, port = request.scope.get("server") or ("", None)
    if host in (name, "localhost") and port not in (None, 80, 443):
        return f"{host}:{port}"
    return host


def instance_url(base: str, study_uid: str, series_uid: str, sop_instance_uid: str) -> str:
    """Return where an instance is retrieved."""
    return f"{base}/studies/{study_uid}/series/{series_uid}/instances/{sop_instance_uid}"
