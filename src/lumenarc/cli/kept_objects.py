"""How does a tool keep objects that come as N-CREATE and change by N-SET? Each as a file (PS3.7 10.1, PS3.4 F.7, R)."""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lumenarc.cli.frame import Report
from lumenarc.cli.part10_file import header_attributes, write_instance
from lumenarc.dicom.dicom_json import to_attributes
from lumenarc.dicom.encode import encode_named
from lumenarc.dicom.lacking import Refusal
from lumenarc.dicom.mpps import IS_OVER, text
from lumenarc.dicom.query import Attributes
from lumenarc.errors import LumenarcError
from lumenarc.protocol.dimse import commands
from lumenarc.protocol.dimse.commands import Command
from lumenarc.protocol.ul.negotiation import Context
from lumenarc.transport.association import Association
from lumenarc.transport.requests import Response

_EXPLICIT_LE = "1.2.840.10008.1.2.1"
_DUPLICATE, _NO_SUCH, _FAILURE, _INVALID_UID, _UNRECOGNIZED = 0x0111, 0x0112, 0x0110, 0x0117, 0x0211


@dataclass(frozen=True, slots=True)
class Rules:
    """What an object must be: what it lacks when it is made, and whether it does not change any more.

    `state` is the attribute that says how far it is, "" for objects that do not go through states.
    """

    lacking: Callable[[Attributes], Refusal | None]
    stays: Callable[[Attributes], bool] = lambda _held: False
    state: str = ""


class Store:
    """A folder of objects by their SOP Instance UID."""

    def __init__(self, folder: Path, rules: Rules, report: Report) -> None:
        """Make the folder."""
        self._folder, self._rules, self._report = folder, rules, report
        self._lock = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)

    def serve(self, assoc: Association, context: Context, rq: Command, data_set: bytes) -> Iterator[Response]:
        """Answer N-CREATE, N-SET, N-GET and N-DELETE."""
        given = to_attributes(data_set, context.transfer_syntax, threshold=1 << 62) if data_set else {}
        with self._lock:
            yield self._answer(assoc.partners.calling, context, rq, given)

    def _answer(self, calling: str, context: Context, rq: Command, given: Attributes) -> Response:
        if rq.field == commands.N_CREATE_RQ:
            return self._create(calling, rq, given)
        path = self._path(rq.sop_instance_uid)
        if path is None or not path.is_file():
            return Response(_NO_SUCH)
        if rq.field == commands.N_SET_RQ:
            return self._set(calling, path, rq, given)
        if rq.field == commands.N_GET_RQ:
            return self._get(path, context, rq)
        return Response(_UNRECOGNIZED)

    def _create(self, calling: str, rq: Command, given: Attributes) -> Response:
        uid = rq.sop_instance_uid or f"2.25.{uuid.uuid4().int}"
        path = self._path(uid)
        if path is None:
            return Response(_INVALID_UID)
        if path.exists():
            return Response(_DUPLICATE)
        lack = self._rules.lacking(given)
        if lack is not None:
            return Response.refusing(lack)
        return self._keep(calling, path, rq, given, uid)

    def _set(self, calling: str, path: Path, rq: Command, given: Attributes) -> Response:
        before = {name: entry for name, entry in header_attributes(path).items() if not name.startswith("0002")}
        if self._rules.stays(before):
            return Response.refusing(IS_OVER)
        return self._keep(calling, path, rq, before | given, rq.sop_instance_uid)

    def _keep(self, calling: str, path: Path, rq: Command, attributes: Attributes, uid: str) -> Response:
        whole = attributes | {
            "00080016": {"vr": "UI", "Value": [rq.sop_class_uid]},
            "00080018": {"vr": "UI", "Value": [uid]},
        }
        try:
            write_instance(path, whole, _EXPLICIT_LE, (encode_named(whole, _EXPLICIT_LE),))
        except (OSError, LumenarcError) as error:
            self._report.problem(str(path), str(error))
            return Response(_FAILURE, comment="The object cannot be kept.")
        state = text(whole, self._rules.state) if self._rules.state else ""
        fields = {"calling": calling, "operation": rq.name, "sop_instance_uid": uid, "file": str(path)}
        if state:
            fields["state"] = state
        self._report.result(f"{calling}: {rq.name.removesuffix('-RQ')} {uid} {state}".rstrip(), fields)
        return Response(0, elements={commands.AFFECTED_SOP_INSTANCE: uid})

    def _get(self, path: Path, context: Context, rq: Command) -> Response:
        found = {name: entry for name, entry in header_attributes(path).items() if not name.startswith("0002")}
        wanted = {f"{tag:08X}" for tag in rq.attribute_list}
        chosen = {name: entry for name, entry in found.items() if not wanted or name in wanted}
        return Response(0, encode_named(chosen, context.transfer_syntax))

    def _path(self, uid: str) -> Path | None:
        return self._folder / uid if re.fullmatch(r"[0-9.]{1,64}", uid) and ".." not in uid else None
