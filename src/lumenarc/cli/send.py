"""`lumenarc send`: asks the running archive to send studies to an application entity, and waits for the job."""

from __future__ import annotations

import argparse
import time
from typing import Any

from lumenarc.cli.frame import Report, ToolParser
from lumenarc.cli.web_options import add_web_peer, web_peer_of
from lumenarc.errors import BadRequest

_PAGE = 500
_POLL_S = 0.3


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "send",
        "Ask the running archive to send studies to a registered application entity, by one of its jobs, and wait\n"
        "until it is over. What is sent is named by UIDs, by a search (-m), or both. Ctrl-C leaves the job to itself.",
        (
            "lumenarc send --url http://localhost:8080 --to WORKSTATION 1.2.3",
            "lumenarc send --url http://localhost:8080 --to WORKSTATION -m StudyDate=20040101-20041231 -m Modality=CT",
            "lumenarc send --url http://localhost:8080 --to WORKSTATION --no-wait --json 1.2.3",
        ),
    )
    found.add_argument("studies", nargs="*", metavar="STUDY", help="Study Instance UIDs")
    found.add_argument("--url", required=True, metavar="URL", help="the page of the archive")
    found.add_argument("--to", required=True, metavar="AET", help="the application entity that shall get them")
    found.add_argument("-m", "--match", metavar="KEY=VALUE", action="append", default=[],
                       help="all studies that a search finds; may be repeated")  # fmt: skip
    found.add_argument("--no-wait", action="store_true", help="only queue the job, and say its number")
    found.add_argument("--timeout", type=float, metavar="S", help="wait at most so many seconds (default: for ever)")
    add_web_peer(found)
    found.add_speech()
    return found


def run(arguments: list[str]) -> int:
    """Queue the job and follow it."""
    options = parser().parse_args(arguments)
    options.tool = "send"
    report = Report(options)
    from lumenarc.cli.running import RunningArchive

    archive = RunningArchive(web_peer_of(options, options.url))
    studies = list(dict.fromkeys([*options.studies, *(_found(archive, options.match) if options.match else ())]))
    if not studies:
        if not options.match:
            raise BadRequest("Say what to send: Study Instance UIDs, or a search with -m.")
        report.problem("", "the search found no study")
        return report.exit_code
    job = str(archive.post("api/send", {"destination": options.to, "studies": studies})["job"])
    if options.no_wait:
        report.result(f"job {job} is queued: {len(studies)} studies", {"job": job, "studies": studies})
        return report.exit_code
    return _follow(archive, job, options, report)


def _found(archive: Any, match: list[str]) -> list[str]:
    """Return the studies that a search finds, however many."""
    params = []
    for text in match:
        key, equals, value = text.partition("=")
        if not equals:
            raise BadRequest(f"{text!r} is no key: KEY=VALUE.")
        params.append(("ModalitiesInStudy" if key == "Modality" else key, value))
    studies: list[str] = []
    while True:
        page = archive.get("dicom-web/studies", [*params, ("limit", str(_PAGE)), ("offset", str(len(studies)))])
        studies += [str(one["0020000D"]["Value"][0]) for one in page]
        if len(page) < _PAGE:
            return studies


def _follow(archive: Any, job: str, options: argparse.Namespace, report: Report) -> int:
    """Wait for the end of the job; show how far it is."""
    began, shown, said = time.monotonic(), 0, ""
    state = archive.get(f"api/jobs/{job}")
    with report.progress("sending", state["n_total"]) as bar:
        while state["state"] in ("waiting", "running"):
            bar.advance(state["n_done"] - shown)
            shown = state["n_done"]
            if state["error"] and state["error"] != said:
                said = state["error"]
                report.note(f"will be tried again: {said}")
            if options.timeout is not None and time.monotonic() - began > options.timeout:
                report.problem(f"job {job}", f"is not over; {state['n_done']} objects are sent")
                return report.exit_code
            time.sleep(_POLL_S)
            state = archive.get(f"api/jobs/{job}")
    if state["state"] != "done":
        report.problem(f"job {job}", state["error"] or f"was {state['state']}")
        return report.exit_code
    sent = state["result"].get("sent", state["n_done"])
    fields = {"job": job, "state": "done", "sent": sent, "failed": state["n_failed"]}
    report.result(f"{sent} objects sent to {options.to}", fields)
    return report.exit_code
