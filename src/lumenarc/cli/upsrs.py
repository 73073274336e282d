"""`lumenarc upsrs`: schedules, takes, changes, finds and watches procedure steps over the web (UPS-RS, PS3.18 11)."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from itertools import islice
from typing import TYPE_CHECKING

from lumenarc.cli.frame import Report, ToolParser
from lumenarc.cli.ups_options import add_operation, given, subject, wanted_cancel, wanted_state
from lumenarc.cli.web_options import add_web_peer, web_peer_of
from lumenarc.dicom import ups
from lumenarc.errors import BadRequest, NotFound

if TYPE_CHECKING:
    from lumenarc.dicom.query import Attributes
    from lumenarc.peers.dicomweb import WebPeer


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "upsrs",
        "Schedule procedure steps over the web (create), take and end them (changeState), change and read them\n"
        "(update, get, find), ask that they be given up (requestCancel), and watch them (subscribe, unsubscribe,\n"
        "suspendGlobal, receive).",
        (
            "lumenarc upsrs --url http://localhost:8081/dicom-web -s PatientID=4711 -s ProcedureStepLabel=Segmentation",
            "lumenarc upsrs --url http://localhost:8081/dicom-web -O changeState -u 1.2.3.4 -P 1.2.3.99",
            "lumenarc upsrs --url http://localhost:8081/dicom-web -O find -m ProcedureStepState=SCHEDULED --json",
        ),
    )
    found.add_argument("--url", required=True, metavar="ROOT", help="the root of the service")
    add_operation(found)
    found.add_argument("--receiver", metavar="AET", default="LUMENARC", help="who gets the events (default LUMENARC)")
    found.add_argument("--channel", default="", metavar="WS-URL", help="receive: where (default: below the root)")
    add_web_peer(found)
    found.add_speech()
    return found


def run(arguments: list[str]) -> int:
    """Do the operation."""
    options = parser().parse_args(arguments)
    options.tool = "upsrs"
    from lumenarc.peers.ups_rs import UpsRefused

    report, peer = Report(options), web_peer_of(options, options.url)
    try:
        _DO[options.operation](options, peer, report)
    except (UpsRefused, NotFound) as error:
        report.problem(options.uid or "", str(error))
    return report.exit_code


def _said(options: argparse.Namespace, report: Report, uid: str, **more: str) -> None:
    fields = {"sop_instance_uid": uid, "operation": options.operation, **more}
    report.result(" ".join([f"{uid}: {options.operation}", *more.values()]), fields)


def _create(options: argparse.Namespace, peer: WebPeer, report: Report) -> None:
    from lumenarc.peers import ups_rs

    attributes = ups.created(given(options), time.strftime("%Y%m%d%H%M%S"))
    _said(options, report, ups_rs.create(peer, attributes, options.uid or ""))


def _get(options: argparse.Namespace, peer: WebPeer, report: Report) -> None:
    from lumenarc.peers import ups_rs

    _show(report, options.uid or "", ups_rs.get(peer, subject(options)))


def _find(options: argparse.Namespace, peer: WebPeer, report: Report) -> None:
    from lumenarc.peers import ups_rs

    params = _matching(options) + [("includefield", key) for key in options.return_key]
    for number, attributes in enumerate(ups_rs.find(peer, params), 1):
        _show(report, str(number), attributes)


def _show(report: Report, title: str, attributes: Attributes) -> None:
    from lumenarc.cli.listing import lines

    report.result("\n".join([f"# {title}", *lines(attributes)]), attributes)


def _matching(options: argparse.Namespace) -> list[tuple[str, str]]:
    pairs = [text.partition("=") for text in options.match]
    if not all(equals for _, equals, _ in pairs):
        raise BadRequest("A matching key is KEY=VALUE.")
    return [(key, value) for key, _, value in pairs]


def _update(options: argparse.Namespace, peer: WebPeer, report: Report) -> None:
    from lumenarc.peers import ups_rs

    ups_rs.update(peer, subject(options), given(options), options.transaction or "")
    _said(options, report, options.uid)


def _change_state(options: argparse.Namespace, peer: WebPeer, report: Report) -> None:
    from lumenarc.peers import ups_rs

    wanted = wanted_state(options)
    ups_rs.change_state(peer, subject(options), wanted)
    _said(options, report, options.uid, state=wanted[ups.STATE]["Value"][0])


def _request_cancel(options: argparse.Namespace, peer: WebPeer, report: Report) -> None:
    from lumenarc.peers import ups_rs

    ups_rs.request_cancel(peer, subject(options), wanted_cancel(options, ""))
    _said(options, report, options.uid)


def _subscribe(options: argparse.Namespace, peer: WebPeer, report: Report) -> None:
    from lumenarc.peers import ups_rs

    matching = _matching(options) if options.filtered_global else []
    channel = ups_rs.subscribe(peer, subject(options), options.receiver, lock=options.lock, matching=matching)
    _said(options, report, subject(options), channel=channel)


def _unsubscribe(options: argparse.Namespace, peer: WebPeer, report: Report) -> None:
    from lumenarc.peers import ups_rs

    ups_rs.unsubscribe(peer, subject(options), options.receiver)
    _said(options, report, subject(options))


def _suspend(options: argparse.Namespace, peer: WebPeer, report: Report) -> None:
    from lumenarc.peers import ups_rs

    ups_rs.suspend(peer, subject(options), options.receiver)
    _said(options, report, subject(options))


def _receive(options: argparse.Namespace, peer: WebPeer, report: Report) -> None:
    from lumenarc.peers import ups_rs

    channel = ups_rs.events(peer, options.receiver, options.channel)
    for found in channel if options.events is None else islice(channel, options.events):
        event_type, uid = (found.get(name, {}).get("Value", [""])[0] for name in ("00001002", "00001000"))
        number = event_type if isinstance(event_type, int) else 0
        information = {name: entry for name, entry in found.items() if not name.startswith("0000")}
        fields = {"event": number, "name": ups.EVENTS.get(number, ""), "sop_instance_uid": str(uid)}
        report.result(ups.event_text(number, str(uid), information), fields | {"information": information})
        sys.stdout.flush()


_DO: dict[str, Callable[[argparse.Namespace, WebPeer, Report], None]] = {
    "create": _create,
    "get": _get,
    "find": _find,
    "update": _update,
    "changeState": _change_state,
    "requestCancel": _request_cancel,
    "subscribe": _subscribe,
    "unsubscribe": _unsubscribe,
    "suspendGlobal": _suspend,
    "receive": _receive,
}
