"""`lumenarc modality`: does what a modality does, from the worklist to the committed study (IHE Scheduled Workflow).

Worklist query (PS3.4 K), MPPS N-CREATE (F.7), C-STORE (B), storage commitment (J), MPPS N-SET, in this order.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lumenarc.cli import files
from lumenarc.cli.dimse_options import add_peer, peer_of
from lumenarc.cli.frame import Report, ToolParser
from lumenarc.cli.headers import SERIES, SOP_CLASS, SOP_INSTANCE, STUDY, by, entry, first
from lumenarc.cli.mppsscu import REASONS
from lumenarc.dicom import assignments
from lumenarc.dicom.query import Attributes
from lumenarc.errors import BadRequest, LumenarcError

_MWL, _MPPS, _STEPS, _REQUESTS = "1.2.840.10008.5.1.4.31", "1.2.840.10008.3.1.2.3.3", "00400100", "00400275"
# What a worklist item says about every object that is made for it (IHE RAD TF-2, Appendix A).
_OF_PATIENT = ("00100010", "00100020", "00100021", "00100030", "00100040", "00080050", "00080090", "0020000D",
               "00081110")  # fmt: skip
_OF_REQUEST = ("00321060", "00321064", "00401001")
_OF_STEP = ("00400007", "00400008", "00400009")
_KEYS = (
    "PatientName PatientID IssuerOfPatientID PatientBirthDate PatientSex AccessionNumber ReferringPhysicianName "
    "StudyInstanceUID ReferencedStudySequence RequestedProcedureDescription RequestedProcedureCodeSequence "
    "RequestedProcedureID ScheduledProcedureStepSequence.Modality "
    "ScheduledProcedureStepSequence.ScheduledStationAETitle "
    "ScheduledProcedureStepSequence.ScheduledProcedureStepStartDate "
    "ScheduledProcedureStepSequence.ScheduledProcedureStepDescription "
    "ScheduledProcedureStepSequence.ScheduledProtocolCodeSequence "
    "ScheduledProcedureStepSequence.ScheduledProcedureStepID"
).split()


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "modality",
        "Do what a modality does: take an item of the worklist (--mwl), tell that its step has begun (MPPS), send the\n"
        "files as objects made for it, have the archive commit to them, and tell that the step is over.",
        (
            "lumenarc modality -c STGCMTSCP@localhost:11116 --mpps MPPSSCP@localhost:11118 image.dcm",
            "lumenarc modality -c STGCMTSCP@localhost:11116 --mpps none --keep-uids study/",
            "lumenarc modality -c STGCMTSCP@localhost:11116 --mwl WORKLIST@localhost:11123 -m PatientID=P1 "
            "--mpps MPPSSCP@localhost:11118 image.dcm --json",
        ),
    )
    found.add_argument("paths", nargs="*", metavar="FILE", help="DICOM files or folders")
    found.add_argument("-@", "--files-from", metavar="LIST", help="read names from LIST, one a line; - is stdin")
    group = found.add_argument_group("whom to ask")
    group.add_argument("--mwl", metavar="AET@HOST:PORT", help="the worklist (default: none is asked)")
    group.add_argument("-m", "--match", metavar="KEY=VALUE", action="append", default=[], help="key of the worklist")
    group.add_argument("--mpps", metavar="AET@HOST:PORT", help="who is told about the step (default: as -c), or none")
    group.add_argument("--stgcmt", metavar="AET@HOST:PORT", help="who commits (default: as -c), or none")
    group.add_argument("--listen", type=int, metavar="PORT", help="take answers about commitment on this port, too")
    group.add_argument("--keep-alive", type=float, default=30, metavar="S", help="wait for them so long (default 30)")
    group = found.add_argument_group("objects and step")
    group.add_argument("--keep-uids", action="store_true", help="send the files with the UIDs that they have")
    group.add_argument("-o", "--output", type=Path, metavar="DIR", help="keep the objects that are made here")
    group.add_argument(
        "-s", "--set", metavar="ATTR=VALUE", action="append", default=[], help="set in the MPPS N-CREATE"
    )
    group.add_argument("--ppsid", metavar="ID", help="Performed Procedure Step ID (default: made from the time)")
    group.add_argument("--dc", action="store_true", help="the step is discontinued")
    group.add_argument("--dc-reason", choices=tuple(REASONS), metavar="CODE", help="why, a code of CID 9300")
    add_peer(found)
    found.add_speech()
    return found


def run(arguments: list[str]) -> int:
    """Work through the steps; one that fails is told, and the others still follow."""
    options = parser().parse_args(arguments)
    options.tool = "modality"
    report = Report(options)
    item: Attributes = {}
    if options.mwl:
        matches = _worklist(options, report)
        if not matches:
            report.problem(options.mwl, "the worklist has no item for this")
            return report.exit_code
        item = matches[0]
    with _folder(options.output) as folder:
        made = _objects(options, item, folder, report)
        if not made and not report.n_failed:
            report.problem("", "no file was given")
            return 2
        for number, uids in enumerate(by(STUDY, list(made.values())).values()):
            _perform(options, item, (number, uids), made, report)
    return report.exit_code


def _at(options: argparse.Namespace, place: str | None) -> argparse.Namespace | None:
    """Return the options for calling another AE than that of -c; None for one that is not to be called."""
    return None if place == "none" else argparse.Namespace(**vars(options) | {"connect": place or options.connect})


def _worklist(options: argparse.Namespace, report: Report) -> list[Attributes]:
    from lumenarc.peers import dimse

    wanted: Attributes = {}
    assignments.assign(wanted, [assignments.parse(key) for key in _KEYS])
    assignments.assign(wanted, [assignments.parse(key) for key in options.match])
    there = _at(options, options.mwl)
    assert there is not None
    with dimse.open_association(peer_of(there), [dimse.Proposal(_MWL)]) as assoc:
        answers = dimse.find(assoc, _MWL, wanted)
        found = [answer.attributes for answer in answers]
        outcome = answers.outcome()
    if not outcome.is_success:
        report.problem(options.mwl, outcome.text)
    report.note(f"the worklist has {len(found)} items")
    return found


@contextmanager
def _folder(output: Path | None) -> Iterator[Path]:
    if output is not None:
        output.mkdir(parents=True, exist_ok=True)
        yield output
        return
    with tempfile.TemporaryDirectory(prefix="modality-") as made:
        yield Path(made)


def _objects(options: argparse.Namespace, item: Attributes, folder: Path, report: Report) -> dict[Path, Attributes]:
    """Make the objects of the step from the files; return their headers by their files."""
    from lumenarc.cli.building import new_uid
    from lumenarc.cli.files import Missing

    changes = _for_item(item)
    series: dict[str, str] = {}
    found: dict[Path, Attributes] = {}
    for path in files.find(files.names(options)):
        if isinstance(path, Missing):
            report.problem(path.name, path.reason)
            continue
        try:
            own = dict(changes)
            if not options.keep_uids:
                before = _header(path)
                named = series.setdefault(str(first(before, SERIES)), new_uid())
                own |= {SERIES: entry("UI", named), SOP_INSTANCE: entry("UI", new_uid())}
            target, attributes = _made(path, own, folder)
            found[target] = attributes
        except OSError as error:
            report.problem(str(path), error.strerror or str(error))
        except LumenarcError as error:
            report.problem(str(path), str(error))
    return found


def _header(path: Path) -> Attributes:
    from lumenarc.cli.part10_file import header_attributes

    found = header_attributes(path)
    if not all(first(found, name) for name in (SOP_CLASS, SOP_INSTANCE, STUDY, SERIES)):
        raise BadRequest("it has no SOP class and no UIDs")
    return found


def _for_item(item: Attributes) -> Attributes:
    """Return what the objects of a worklist item have from it."""
    if not item:
        return {}
    found = {name: item[name] for name in _OF_PATIENT if name in item}
    steps = item.get(_STEPS, {}).get("Value") or [{}]
    request = {name: item[name] for name in _OF_REQUEST if item.get(name, {}).get("Value")}
    request |= {name: steps[0][name] for name in _OF_STEP if steps[0].get(name, {}).get("Value")}
    if request:
        found[_REQUESTS] = entry("SQ", request)
    return found


def _made(path: Path, changes: Attributes, folder: Path) -> tuple[Path, Attributes]:
    """Write an object with other attributes than those of its file; return where it is, and its header."""
    from lumenarc.cli.part10_file import write_file
    from lumenarc.cli.sending_files import changed
    from lumenarc.dicom.part10 import Meta

    before = _header(path)
    syntax = str(first(before, "00020010"))
    uid = str(first(changes, SOP_INSTANCE) or first(before, SOP_INSTANCE))
    if not uid.replace(".", "").isdigit():
        raise BadRequest("its SOP Instance UID is none")
    target = folder / uid
    meta = Meta(str(first(before, SOP_CLASS)), uid, syntax, "", 0)
    write_file(target, meta, changed(path, changes, syntax))
    return target, _header(target)


def _perform(
    options: argparse.Namespace,
    item: Attributes,
    step: tuple[int, list[Attributes]],
    made: dict[Path, Attributes],
    report: Report,
) -> None:
    """Begin a step, send its objects, have them committed to, end the step."""
    from lumenarc.cli.stgcmtscu import ask

    number, instances = step
    mpps, stgcmt = _at(options, options.mpps), _at(options, options.stgcmt)
    uid = _begin(mpps, item, (number, instances), report) if mpps is not None else ""
    paths = [path for path, attributes in made.items() if any(attributes is each for each in instances)]
    n_before = report.n_done
    _send(options, paths, report)
    n_sent, n_before = report.n_done - n_before, report.n_done
    if stgcmt is not None:
        ask([instances], peer_of(stgcmt), stgcmt, report)
    n_committed = report.n_done - n_before
    state = _end(mpps, uid, instances, report) if mpps is not None and uid else ""
    fields = {"study_instance_uid": first(instances[0], STUDY), "performed_step": uid, "state": state}
    counts = {"sent": n_sent, "committed": n_committed}
    said = f"{n_sent} sent, {n_committed} committed" + (f", step {state}" if state else "")
    report.result(f"{first(instances[0], STUDY)}: {said}", fields | counts)


def _begin(options: argparse.Namespace, item: Attributes, step: tuple[int, list[Attributes]], report: Report) -> str:
    """Tell that the step has begun; return its UID, "" when nobody wanted to know."""
    from lumenarc.cli.building import new_uid
    from lumenarc.cli.mppsscu import begun
    from lumenarc.peers import dimse

    steps = item.get(_STEPS, {}).get("Value") or [{}]
    ordered = {name: item[name] for name in ("00080050", "00081110", *_OF_REQUEST) if name in item}
    ordered |= {name: steps[0][name] for name in _OF_STEP if name in steps[0]}
    target = dimse.Target(_MPPS, new_uid())
    with dimse.open_association(peer_of(options), [dimse.Proposal(_MPPS)]) as assoc:
        outcome = dimse.n_create(assoc, target, begun(step[1][0], step[0], options, ordered))
    if outcome.is_success:
        return target.sop_instance_uid
    report.problem(target.sop_instance_uid, outcome.text)
    return ""


def _end(options: argparse.Namespace, uid: str, instances: list[Attributes], report: Report) -> str:
    """Tell that the step is over; return its state."""
    from lumenarc.cli.mppsscu import ended
    from lumenarc.peers import dimse

    state = "DISCONTINUED" if options.dc else "COMPLETED"
    with dimse.open_association(peer_of(options), [dimse.Proposal(_MPPS)]) as assoc:
        outcome = dimse.n_set(assoc, dimse.Target(_MPPS, uid), ended(instances, state, options))
    if not outcome.is_success:
        report.problem(uid, outcome.text)
        return "IN PROGRESS"
    return state


def _send(options: argparse.Namespace, paths: list[Path], report: Report) -> None:
    from lumenarc.cli.sending_files import Sender, find_all

    how = argparse.Namespace(jobs=1, as_is=False, uid_suffix="", priority=0)
    Sender(peer_of(options), {}, how, report).send_all(find_all(paths, report))
