"""What does STOW-RS answer? One item for each instance, and a status for all (PS3.18 10.5.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from lumenarc.dicom.dicom_xml import to_xml
from lumenarc.dicom.query import Attributes
from lumenarc.doors.http.addresses import instance_url
from lumenarc.doors.http.respond import DICOM_JSON, json_response
from lumenarc.errors import LumenarcError, NotAcceptable
from lumenarc.protocol.web.media_types import MediaRange, best
from lumenarc.services.store import Stored

_COERCED, _KEPT_OTHER = 0xB000, 0xB00E
_XML = "application/dicom+xml"


@dataclass(frozen=True, slots=True)
class Failed:
    """An instance that was not stored, with its SOP class and instance UID as far as they are known."""

    error: LumenarcError
    sop_class_uid: str = ""
    sop_instance_uid: str = ""

    def __post_init__(self) -> None:
        """Drop the frames, and their buffers, that refused it: a body may have very many bad parts."""
        self.error.__cause__ = self.error.__context__ = self.error.__traceback__ = None


Outcome = Stored | Failed


def answer_type(wishes: Sequence[MediaRange]) -> str:
    """Choose the media type of the answer before anything is stored; raise NotAcceptable when there is none."""
    found = best(wishes, (DICOM_JSON, "application/json", _XML))
    if found is None:
        raise NotAcceptable("Storing is answered as application/dicom+json or application/dicom+xml.")
    return found


def answer(request: Request, base: str, outcomes: Sequence[Outcome], media_type: str) -> Response:
    """Write the answer; 202 when anything is to be looked at, the reason's own status when nothing was stored."""
    stored = [found for found in outcomes if isinstance(found, Stored)]
    failed = [found for found in outcomes if isinstance(found, Failed)]
    values: Attributes = {}
    if stored:
        studies = {found.study_uid for found in stored}
        if len(studies) == 1:
            values["00081190"] = {"vr": "UR", "Value": [f"{base}/studies/{studies.pop()}"]}
        values["00081199"] = {"vr": "SQ", "Value": [_stored(base, found) for found in stored]}
    named = [found for found in failed if found.sop_instance_uid]
    unnamed = [found for found in failed if not found.sop_instance_uid]
    if named:
        values["00081198"] = {"vr": "SQ", "Value": [_failed(found) for found in named]}
    if unnamed:
        values["0008119A"] = {"vr": "SQ", "Value": [_failed(found) for found in unnamed]}
    status = 200
    if failed and not stored:
        status = _worst(failed)
    elif failed or any(_warning(found) for found in stored):
        status = 202
    if media_type == _XML:
        return Response(to_xml(values), status, media_type=_XML)
    return json_response(request, values, media_type, status)


def _worst(failed: Sequence[Failed]) -> int:
    statuses = {found.error.http_status for found in failed}
    return statuses.pop() if len(statuses) == 1 else 409


def _stored(base: str, found: Stored) -> Attributes:
    url = instance_url(base, found.study_uid, found.series_uid, found.sop_instance_uid)
    item: Attributes = {
        "00081150": {"vr": "UI", "Value": [found.sop_class_uid]},
        "00081155": {"vr": "UI", "Value": [found.sop_instance_uid]},
        "00081190": {"vr": "UR", "Value": [url]},
    }
    reason = _warning(found)
    if reason:
        item["00081196"] = {"vr": "US", "Value": [reason]}
    return item


def _warning(found: Stored) -> int:
    if found.outcome == "kept_other":
        return _KEPT_OTHER
    return _COERCED if found.warnings else 0


def _failed(found: Failed) -> Attributes:
    item: Attributes = {
        "00081197": {"vr": "US", "Value": [found.error.dimse_status]},
        "00000902": {"vr": "LO", "Value": [str(found.error)[:64]]},
    }
    if found.sop_instance_uid:
        item["00081150"] = {"vr": "UI", "Value": [found.sop_class_uid]}
        item["00081155"] = {"vr": "UI", "Value": [found.sop_instance_uid]}
    return item
