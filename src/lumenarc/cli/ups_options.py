"""What do upsscu and upsrs have in common? How their steps, transactions, reasons and subscriptions are named."""

from __future__ import annotations

import argparse
from pathlib import Path

from lumenarc.cli.frame import ToolParser
from lumenarc.dicom import assignments, ups
from lumenarc.dicom.query import Attributes
from lumenarc.errors import BadRequest

OPERATIONS = (
    "create", "get", "find", "update", "changeState", "requestCancel", "subscribe", "unsubscribe", "suspendGlobal",
    "receive",
)  # fmt: skip
_STATES = {"process": "IN PROGRESS", "complete": "COMPLETED", "cancel": "CANCELED"}


def add_operation(found: ToolParser) -> None:
    """Add the operation and what it needs."""
    found.add_argument("-O", "--operation", choices=OPERATIONS, default="create", help="what to do (default: create)")
    found.add_argument("-u", "--uid", metavar="UID", help="the procedure step; on creation the UID to give it")
    found.add_argument("-f", "--file", type=Path, metavar="FILE", help="attributes in JSON or XML (create, update)")
    found.add_argument("-s", "--set", metavar="ATTR=VALUE", action="append", default=[], help="set an attribute")
    found.add_argument("-m", "--match", metavar="KEY=VALUE", action="append", default=[], help="a matching key")
    found.add_argument("-r", "--return-key", metavar="KEY", action="append", default=[], help="a key to be returned")
    found.add_argument("-T", "--transaction", metavar="UID", help="the lock of a step in progress (update)")
    state = found.add_mutually_exclusive_group()
    state.add_argument("-P", "--process", metavar="TXUID", help="changeState: take the step, with this Transaction UID")
    state.add_argument("-C", "--complete", metavar="TXUID", help="changeState: it is completed")
    state.add_argument("-D", "--cancel", metavar="TXUID", help="changeState: it is given up")
    group = found.add_argument_group("request to cancel")
    group.add_argument("--reason", default="", metavar="TEXT", help="why")
    group.add_argument("--reason-code", metavar="VALUE,SCHEME,MEANING", help="why, as a code")
    group.add_argument("--contact", default="", metavar="URI", help="whom to ask")
    group.add_argument("--contact-name", default="", metavar="NAME", help="by name")
    group = found.add_argument_group("events")
    group.add_argument("--lock", action="store_true", help="subscribe: keep the steps from being deleted")
    group.add_argument("--filtered-global", action="store_true", help="subscribe to the steps that match -m only")
    group.add_argument("--events", type=int, metavar="N", help="receive: end after N events")


def subject(options: argparse.Namespace) -> str:
    """Return the UID that an operation is about; the global subscription when none is given.

    Raises:
        BadRequest: a step must be named, and is not.
    """
    if options.uid:
        return str(options.uid)
    if options.operation in ("subscribe", "unsubscribe", "suspendGlobal"):
        return ups.FILTERED_GLOBAL if options.filtered_global else ups.GLOBAL
    raise BadRequest("Name the procedure step: -u UID.")


def given(options: argparse.Namespace) -> Attributes:
    """Return the attributes of a file and of the command line.

    Raises:
        BadDataSet, BadRequest, OSError: a document or an assignment is wrong.
    """
    found: Attributes = {}
    if options.file is not None:
        data = options.file.read_bytes()
        if data.lstrip()[:1] in (b"{", b"["):
            from lumenarc.cli.json2dcm import read_json

            found |= read_json(data)
        else:
            from lumenarc.dicom.dicom_xml import from_xml

            found |= from_xml(data, keep_spelling=True)
    assignments.assign(found, [assignments.parse(text) for text in options.set])
    return found


def wanted_state(options: argparse.Namespace) -> Attributes:
    """Return what Change UPS State is to say; raise BadRequest when no state was named."""
    for name, state in _STATES.items():
        if getattr(options, name):
            return ups.state_change(state, getattr(options, name))
    raise BadRequest("Say which state: -P, -C or -D with a Transaction UID.")


def wanted_cancel(options: argparse.Namespace, requestor: str) -> Attributes:
    """Return what Request UPS Cancel is to say."""
    code = None
    if options.reason_code:
        parts = options.reason_code.split(",", 2)
        if len(parts) != 3:
            raise BadRequest("A code is VALUE,SCHEME,MEANING.")
        code = parts[0], parts[1], parts[2]
    return ups.cancel_request(requestor, options.reason, code, (options.contact, options.contact_name))


def keys(options: argparse.Namespace) -> Attributes:
    """Return the matching keys."""
    return assignments.from_texts(options.match)
