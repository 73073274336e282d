"""`lumenarc upsscu`: schedules, takes, changes, finds and watches Unified Procedure Steps (PS3.4 CC.2)."""

from __future__ import annotations

import argparse
import queue
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING

from lumenarc.cli.dimse_options import add_peer, address, peer_of, timeouts_of
from lumenarc.cli.frame import Report, ToolParser
from lumenarc.cli.ups_options import add_operation, given, keys, subject, wanted_cancel, wanted_state
from lumenarc.dicom import ups
from lumenarc.dicom.query import Attributes
from lumenarc.errors import BadRequest

if TYPE_CHECKING:
    from lumenarc.peers.dimse import Outcome, Target
    from lumenarc.protocol.dimse.commands import Command
    from lumenarc.protocol.ul.negotiation import Context
    from lumenarc.transport.association import Association
    from lumenarc.transport.requests import Response

# Operation → the SOP class to negotiate (PS3.4 Table CC.2.9-1).
_CLASSES = {
    "create": ups.PUSH, "get": ups.PUSH, "find": ups.PULL, "update": ups.PULL, "changeState": ups.PULL,
    "requestCancel": ups.PUSH, "subscribe": ups.WATCH, "unsubscribe": ups.WATCH, "suspendGlobal": ups.WATCH,
}  # fmt: skip


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "upsscu",
        "Schedule procedure steps (create), take and end them (changeState), change and read them (update, get,\n"
        "find), ask that they be given up (requestCancel), and watch them (subscribe, unsubscribe, suspendGlobal,\n"
        "receive).",
        (
            "lumenarc upsscu -c UPSSCP@localhost:11121 -s PatientID=4711 -s ProcedureStepLabel=Segmentation",
            "lumenarc upsscu -c UPSSCP@localhost:11121 -O changeState -u 1.2.3.4 -P 1.2.3.99",
            "lumenarc upsscu -c UPSSCP@localhost:11121 -O find -m ProcedureStepState=SCHEDULED --json",
        ),
    )
    add_operation(found)
    found.add_argument("--pull", action="store_true", help="get over the UPS Pull SOP class")
    found.add_argument("--watch", action="store_true", help="get and requestCancel over the UPS Watch SOP class")
    found.add_argument("--receiver", metavar="AET", help="who is to get the events (default: our own AE title)")
    found.add_argument("--listen", type=int, metavar="PORT", help="take events here (subscribe, receive)")
    add_peer(found, required=False)
    found.add_speech()
    return found


def run(arguments: list[str]) -> int:
    """Do the operation, and take events when asked to."""
    options = parser().parse_args(arguments)
    options.tool = "upsscu"
    report = Report(options)
    is_receiving = options.operation == "receive"
    if is_receiving and options.listen is None:
        raise BadRequest("Say where events are taken: --listen PORT.")
    if not is_receiving and options.connect is None:
        raise BadRequest("Say whom to ask: -c AET@HOST:PORT.")
    with _Watch(report, options).listening() if options.listen is not None else nullcontext() as watch:
        if not is_receiving:
            _ask(options, report)
        if watch is not None and not report.n_failed:
            watch.receive(options.events)
    return report.exit_code


def _ask(options: argparse.Namespace, report: Report) -> None:
    from lumenarc.peers import dimse

    class_uid = _CLASSES[options.operation]
    if options.operation in ("get", "requestCancel"):
        class_uid = ups.PULL if options.pull else ups.WATCH if options.watch else class_uid
    wanted, uid = _request(options), "" if options.operation == "find" else _uid(options)
    with dimse.open_association(peer_of(options), [dimse.Proposal(class_uid)]) as assoc:
        if options.operation == "find":
            _find(assoc, wanted, report)
            return
        target = dimse.Target(ups.PUSH, uid, class_uid)
        outcome = _done(assoc, options, target, wanted)
    _tell(options, target.sop_instance_uid, outcome, report)


def _request(options: argparse.Namespace) -> Attributes:
    """Return the attributes of the request; what is wrong with the command line is said before anybody is called."""
    name = options.operation
    if name == "create":
        return ups.created(given(options), time.strftime("%Y%m%d%H%M%S"))
    if name == "update":
        lock: Attributes = (
            {ups.TRANSACTION: {"vr": "UI", "Value": [options.transaction]}} if options.transaction else {}
        )
        return given(options) | lock
    if name == "find":
        from lumenarc.cli.query_options import identifier

        options.model, options.which_model, options.level, options.key_file = "UPSPull", 0, None, None
        return identifier(options)
    if name == "changeState":
        return wanted_state(options)
    if name == "requestCancel":
        return wanted_cancel(options, address(options.bind).title)
    if name in ("subscribe", "unsubscribe", "suspendGlobal"):
        receiver = options.receiver or address(options.bind).title
        is_new = name == "subscribe"
        matching = [keys(options)] if is_new and options.filtered_global else []
        return ups.subscription(receiver, lock=options.lock if is_new else None, matching=matching)
    return {}


def _uid(options: argparse.Namespace) -> str:
    if options.operation == "create":
        from lumenarc.cli.building import new_uid

        return options.uid or new_uid()
    return subject(options)


def _done(assoc: Association, options: argparse.Namespace, target: Target, wanted: Attributes) -> Outcome:
    from lumenarc.dicom.dictionary import tag_of
    from lumenarc.peers import dimse

    actions = {
        "changeState": ups.CHANGE_STATE, "requestCancel": ups.REQUEST_CANCEL, "subscribe": ups.SUBSCRIBE,
        "unsubscribe": ups.UNSUBSCRIBE, "suspendGlobal": ups.SUSPEND_GLOBAL,
    }  # fmt: skip
    if options.operation == "create":
        return dimse.n_create(assoc, target, wanted)
    if options.operation == "update":
        return dimse.n_set(assoc, target, wanted)
    if options.operation == "get":
        tags = tuple(tag for tag in (tag_of(key) for key in options.return_key) if tag is not None)
        return dimse.n_get(assoc, target, tags)
    return dimse.n_action(assoc, target, actions[options.operation], wanted)


def _find(assoc: Association, wanted: Attributes, report: Report) -> None:
    from lumenarc.cli.listing import lines
    from lumenarc.peers import dimse

    answers = dimse.find(assoc, ups.PULL, wanted)
    for number, answer in enumerate(answers, 1):
        attributes = answer.attributes
        report.result("\n".join([f"# {number}", *lines(attributes)]), attributes)
    outcome = answers.outcome()
    if not outcome.is_success:
        report.problem("", outcome.in_words_of(ups.STATUSES))


def _tell(options: argparse.Namespace, uid: str, outcome: Outcome, report: Report) -> None:
    from lumenarc.cli.listing import lines

    uid = outcome.sop_instance_uid or uid
    if not outcome.is_success:
        report.problem(uid, outcome.in_words_of(ups.STATUSES))
        return
    if options.operation == "get":
        report.result("\n".join([f"# {uid}", *lines(outcome.attributes)]), outcome.attributes)
        return
    fields = {"sop_instance_uid": uid, "operation": options.operation, "status": f"{outcome.status:04X}"}
    report.result(f"{uid}: {options.operation}, {outcome.in_words_of(ups.STATUSES)}", fields)


class _Watch:
    """Takes reports about steps on associations that others open to us (PS3.4 CC.2.4)."""

    def __init__(self, report: Report, options: argparse.Namespace) -> None:
        self._report, self._options = report, options
        self._events: queue.Queue[tuple[int, str, Attributes]] = queue.Queue(10_000)

    @contextmanager
    def listening(self) -> Iterator[_Watch]:
        """Take events from now on, until the end of the block."""
        from lumenarc.cli.listening import Listener
        from lumenarc.transport.server import Server, ServerOptions

        listener = Listener("", ())
        listener.services[ups.EVENT] = self._serve
        where = ServerOptions(host="0.0.0.0", port=self._options.listen, timeouts=timeouts_of(self._options))
        try:
            server = Server(listener, replace(where, max_associations_per_ip=where.max_associations))
        except OSError as error:
            raise BadRequest(f"Port {self._options.listen} cannot be listened on: {error.strerror}.") from error
        server.start()
        if self._options.operation == "receive":
            self._report.result(f"ready dicom=0.0.0.0:{server.port}", {"ready": True, "port": server.port})
        try:
            yield self
        finally:
            server.stop(1.0)

    def receive(self, n_events: int | None) -> None:
        """Tell events as they come: so many, or until SIGTERM or SIGINT."""
        import signal
        import sys

        stopped = _Stopped()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stopped)
        sys.stdout.flush()
        left = n_events
        while not stopped.yes and (left is None or left > 0):
            try:
                event_type, uid, information = self._events.get(timeout=0.2)
            except queue.Empty:
                continue
            fields = {"event": event_type, "name": ups.EVENTS.get(event_type, ""), "sop_instance_uid": uid}
            self._report.result(ups.event_text(event_type, uid, information), fields | {"information": information})
            sys.stdout.flush()
            left = None if left is None else left - 1

    def _serve(self, _assoc: Association, context: Context, rq: Command, data_set: bytes) -> Iterator[Response]:
        from lumenarc.dicom.dicom_json import to_attributes
        from lumenarc.protocol.dimse import commands
        from lumenarc.transport.requests import Response

        if rq.field != commands.N_EVENT_REPORT_RQ:
            raise BadRequest("Only reports are taken here.")
        information = to_attributes(data_set, context.transfer_syntax) if data_set else {}
        self._events.put((rq.event_type, rq.sop_instance_uid, information), timeout=10)
        yield Response(0)


class _Stopped:
    """Remembers that a signal came."""

    def __init__(self) -> None:
        self.yes = False

    def __call__(self, *_ignored: object) -> None:
        self.yes = True
