"""`lumenarc export`: writes studies of the archive to a folder or a ZIP, with a DICOMDIR or de-identified if wished."""

from __future__ import annotations

import argparse
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from lumenarc.cli import opening
from lumenarc.cli.deidentify import OPTIONS
from lumenarc.cli.frame import Report, ToolParser
from lumenarc.errors import BadRequest

if TYPE_CHECKING:
    from lumenarc.archive import Archive
    from lumenarc.index.lookup import StoredInstance
    from lumenarc.services.export import Manner


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "export",
        "Write studies of the archive to a folder or a .zip: those named by UID, those that a search finds (-m), or\n"
        "all. Objects that nobody corrected are written byte by byte as they lie; corrected ones as they leave the\n"
        "archive everywhere. May run beside the running archive.",
        (
            "lumenarc export -o out --data archive -m PatientName='CompressedSamples*'",
            "lumenarc export -o medium --dicomdir --data archive -m StudyDate=19000101-20991231",
            "lumenarc export -o study.zip --anonymize --retain-device --burned-in accept --data archive --all",
        ),
    )
    found.add_argument("studies", nargs="*", metavar="STUDY", help="Study Instance UIDs")
    found.add_argument("-m", "--match", metavar="KEY=VALUE", action="append", default=[],
                       help="all studies that a search finds, as QIDO-RS would; may be repeated")  # fmt: skip
    found.add_argument("--all", action="store_true", help="every study")
    found.add_argument("-o", "--output", type=Path, required=True, metavar="OUT", help="a folder, or a file named .zip")
    found.add_argument("--dicomdir", action="store_true", help="names for a medium, and a DICOMDIR")
    found.add_argument("--as-received", action="store_true", help="leave corrections out")
    who = found.add_argument_group("de-identification")
    who.add_argument("--anonymize", action="store_true", help="by the Basic Profile of PS3.15 Annex E, with the "
                     "archive's own key: the same object is always the same again")  # fmt: skip
    for name, (_option, what) in OPTIONS.items():
        who.add_argument(f"--{name.replace('_', '-')}", action="append_const", const=name, dest="keep", help=what)
    who.add_argument("--patient-id", metavar="ID", help="the new Patient ID (default: a pseudonym)")
    who.add_argument("--patient-name", metavar="NAME", help="the new Patient's Name (default: a pseudonym)")
    who.add_argument("--burned-in", choices=("refuse", "suspect", "accept"),
                     help="images with burnt-in text (default: the setting anonymize_burned_in)")  # fmt: skip
    opening.add_options(found)
    found.add_speech()
    return found


def run(arguments: list[str]) -> int:
    """Write the studies."""
    options = parser().parse_args(arguments)
    options.tool = "export"
    report = Report(options)
    manner = _manner(options)
    if not (options.studies or options.match or options.all):
        raise BadRequest("Say what to export: Study Instance UIDs, a search with -m, or --all.")
    archive = opening.existing(options, anonymize_burned_in=options.burned_in)
    try:
        return _export(archive, manner, options, report)
    finally:
        archive.close()


def _manner(options: argparse.Namespace) -> Manner:
    from lumenarc.dicom.deidentify_policy import Policy
    from lumenarc.services.export import Manner

    if not options.anonymize:
        if options.keep or options.patient_id or options.patient_name or options.burned_in:
            raise BadRequest("Options of de-identification need --anonymize.")
        return Manner(received=options.as_received, dicomdir=options.dicomdir)
    if options.as_received:
        raise BadRequest("--as-received and --anonymize exclude each other.")
    policy = Policy(frozenset(options.keep or ()), options.patient_name, options.patient_id)
    return Manner(policy=policy, dicomdir=options.dicomdir)


def _export(archive: Archive, manner: Manner, options: argparse.Namespace, report: Report) -> int:
    from lumenarc.services import export

    studies = list(dict.fromkeys(options.studies))
    if options.match or options.all:
        params = []
        for text in options.match:
            key, equals, value = text.partition("=")
            if not equals:
                raise BadRequest(f"{text!r} is no key: KEY=VALUE.")
            params.append((key, value))
        studies += [uid for uid in export.studies(archive, params) if uid not in set(studies)]
    is_zip = options.output.suffix.lower() == ".zip"
    if options.dicomdir and not is_zip and (options.output / "DICOMDIR").exists():
        raise BadRequest("There is a DICOMDIR already; export into a new folder.")
    if is_zip and options.output.exists():
        raise BadRequest(f"{options.output} exists already.")
    target = export.zip_target(options.output) if is_zip else nullcontext(export.FolderTarget(options.output))
    with report.progress("exporting", None) as bar, target as place:

        def told(inst: StoredInstance, reason: str) -> None:
            bar.advance()
            if reason:
                report.problem(inst.sop_instance_uid, reason)
            else:
                report.note(inst.sop_instance_uid)

        done = export.export(archive, studies, place, manner, told)
    for uid in {uid for uid, _reason in done.failed} & set(studies):
        report.problem(uid, "no such study")
    fields = {"studies": done.n_studies, "instances": done.n_instances, "bytes": done.n_bytes,
              "failed": len(done.failed), "output": str(options.output)}  # fmt: skip
    report.result(f"{done.n_studies} studies, {done.n_instances} objects, {done.n_bytes / 1e6:.1f} MB written to "
                  f"{options.output}, {len(done.failed)} failed", fields)  # fmt: skip
    if not studies:
        report.problem("", "the search found no study")
    return report.exit_code
