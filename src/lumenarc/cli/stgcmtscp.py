"""`lumenarc stgcmtscp`: takes instances, and gives its word for those that it holds (storage commitment, PS3.4 J)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from lumenarc.cli.dimse_options import Address, add_listen, address, listening, timeouts_of
from lumenarc.cli.frame import Report, ToolParser
from lumenarc.dicom.commitment import CLASS_CONFLICT, INSTANCE, MODEL, NO_SUCH_INSTANCE, REQUEST

if TYPE_CHECKING:
    from lumenarc.dicom.query import Attributes
    from lumenarc.protocol.dimse.commands import Command
    from lumenarc.protocol.dimse.messages import Message
    from lumenarc.protocol.ul.negotiation import Context
    from lumenarc.transport.association import Association
    from lumenarc.transport.requests import Response

_MAX_BYTES = 16 << 20


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "stgcmtscp",
        "Take instances into a folder (C-STORE) and answer storage commitment requests about them, over an\n"
        "association to the requestor when it is known (--peer), else on its own.",
        (
            "lumenarc stgcmtscp -b 11116 --directory held",
            "lumenarc stgcmtscp -b STGCMTSCP:11116 --directory held --peer MODALITY@localhost:11117",
            "lumenarc stgcmtscp -b 11116 --directory held --json",
        ),
    )
    found.add_argument("--directory", type=Path, default=Path(), metavar="DIR", help="where instances are")
    found.add_argument(
        "--peer", metavar="AET@HOST:PORT", action="append", default=[], help="where a requestor takes answers"
    )
    add_listen(found)
    found.add_speech()
    return found


def run(arguments: list[str]) -> int:
    """Serve until SIGTERM or SIGINT."""
    options = parser().parse_args(arguments)
    options.tool = "stgcmtscp"
    from lumenarc.cli.listening import Listener
    from lumenarc.cli.received_files import Folder
    from lumenarc.dicom.part10 import Meta

    report = Report(options)

    def on_file(path: Path, meta: Meta) -> None:
        report.note(f"{meta.source_aet}: {path}")

    folder = Folder(options.directory, "{00080018}", on_file)
    title, where = listening(options)
    peers = {found.title: found for found in map(address, options.peer)}
    committer = _Committer(options.directory, peers, title or "STGCMTSCP", report)
    committer.timeouts = timeouts_of(options)
    listener = Listener(title, options.accept, begin=folder.begin)
    listener.services[MODEL] = committer.serve
    return listener.serve(where, report)


class _Committer:
    def __init__(self, folder: Path, peers: dict[str, Address], title: str, report: Report) -> None:
        from lumenarc.transport.wire import Timeouts

        self._folder, self._peers, self._title, self._report = folder, peers, title, report
        self.timeouts = Timeouts()

    def serve(self, assoc: Association, context: Context, rq: Command, data_set: bytes) -> Iterator[Response]:
        """Take a request, and answer it after it has been acknowledged."""
        from lumenarc.dicom.dicom_json import to_attributes
        from lumenarc.protocol.dimse import commands
        from lumenarc.transport.requests import Response

        if rq.field != commands.N_ACTION_RQ or rq.action_type != REQUEST:
            yield Response(0x0211)
            return
        event, information = self._judged(to_attributes(data_set, context.transfer_syntax))
        yield Response(0)
        assoc.flush()
        peer = self._peers.get(assoc.partners.calling)
        if peer is not None:
            threading.Thread(target=self._call, args=(peer, event, information), daemon=True).start()
            return
        self._report_on(assoc, context, [(event, information)])

    def _judged(self, wanted: Attributes) -> tuple[int, Attributes]:
        """Return the event and what it says: which instances are here, and which are not."""
        from lumenarc.dicom.commitment import report, request_of

        request = request_of(wanted)
        reasons = {
            one.sop_instance_uid: self._missing(one.sop_class_uid, one.sop_instance_uid) for one in request.references
        }
        failures = {uid: reason for uid, reason in reasons.items() if reason}
        fields = {"committed": len(reasons) - len(failures), "failed": len(failures)}
        self._report.result(f"{fields['committed']} committed, {fields['failed']} not", fields)
        return report(request, failures)

    def _missing(self, sop_class_uid: str, sop_instance_uid: str) -> int:
        """Return the failure reason of an instance, 0 when it is here (PS3.3 C.14.1.1)."""
        from lumenarc.cli.part10_file import opened
        from lumenarc.errors import LumenarcError

        if not sop_instance_uid.replace(".", "").isdigit():
            return NO_SUCH_INSTANCE
        try:
            with opened(self._folder / sop_instance_uid) as file:
                return 0 if file.meta.sop_class_uid == sop_class_uid else CLASS_CONFLICT
        except (OSError, LumenarcError):
            return NO_SUCH_INSTANCE

    def _report_on(self, assoc: Association, context: Context, pending: list[tuple[int, Attributes]]) -> None:
        """Report on the requestor's own association; it may ask for more before it has answered a report."""
        from lumenarc.dicom.encode import encode
        from lumenarc.protocol.dimse import commands

        while pending:
            event, information = pending.pop(0)
            rq = commands.request(
                commands.N_EVENT_REPORT_RQ, assoc.new_message_id(), MODEL, data_set=True, sop_instance_uid=INSTANCE,
                event_type=event,
            )  # fmt: skip
            assoc.send(context.id, rq, (encode(information, context.transfer_syntax, ""),))
            while (message := assoc.next_message(assoc.timeouts.dimse_s)) is not None:
                if message.command.is_response:
                    break
                pending += self._meanwhile(assoc, message)

    def _meanwhile(self, assoc: Association, message: Message) -> list[tuple[int, Attributes]]:
        """Acknowledge a request that comes while a report is not answered; return what is to be reported."""
        from lumenarc.dicom.dicom_json import to_attributes
        from lumenarc.protocol.dimse import commands
        from lumenarc.transport.requests import Response

        rq, context = message.command, assoc.contexts[message.context_id]
        data_set = assoc.read_data_set(_MAX_BYTES)
        is_ours = rq.field == commands.N_ACTION_RQ and rq.action_type == REQUEST
        assoc.send(context.id, Response(0 if is_ours else 0x0211).command(rq))
        return [self._judged(to_attributes(data_set, context.transfer_syntax))] if is_ours else []

    def _call(self, peer: Address, event: int, information: Attributes) -> None:
        """Report over an association to the requestor; we are the SCP there."""
        from lumenarc.errors import LumenarcError
        from lumenarc.peers import dimse

        there = dimse.Peer(peer.title, peer.host, peer.port, calling=self._title, timeouts=self.timeouts)
        try:
            with dimse.open_association(there, [dimse.Proposal(MODEL, roles=(False, True))]) as assoc:
                outcome = dimse.n_event_report(assoc, dimse.Target(MODEL, INSTANCE), event, information)
                if not outcome.is_success:
                    self._report.problem(peer.title, outcome.text)
        except LumenarcError as error:
            self._report.problem(peer.title, str(error))
