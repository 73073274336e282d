"""`lumenarc dcmvalidate`: checks DICOM files against their IODs and the rules of values (PS3.3, PS3.5, PS3.6)."""

from __future__ import annotations

import argparse

from lumenarc.cli import files
from lumenarc.cli.files import Done, Emit, Job
from lumenarc.cli.frame import Report, ToolParser, printable
from lumenarc.cli.part10_file import opened
from lumenarc.errors import BadRequest


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "dcmvalidate",
        "Check DICOM files against their IOD: attributes of type 1 and 2 of the modules, VR, multiplicity and form of\n"
        "every value. Exit code 1 when a file has errors. Conditions and functional groups are not judged.",
        (
            "lumenarc dcmvalidate --errors-only other.dcm",
            "lumenarc dcmvalidate --iod ct-image image.dcm",
            "lumenarc dcmvalidate --json image.dcm",
        ),
    )
    files.add_inputs(found)
    found.add_argument("--iod", metavar="NAME", help="check against this IOD (default: by the SOP class)")
    found.add_argument("--list-iods", action="store_true", help="print the names of the IODs")
    found.add_argument("--errors-only", action="store_true", help="leave warnings out")
    found.add_speech()
    return found


def run(arguments: list[str]) -> int:
    """Check the files."""
    options = parser().parse_args(arguments)
    options.tool = "dcmvalidate"
    from lumenarc.dicom import iods

    if options.list_iods:
        print("\n".join(iods.iod_names()))
        return 0
    if options.iod and options.iod not in iods.iod_names():
        raise BadRequest(f"There is no IOD {options.iod!r}; --list-iods names them.")
    report = Report(options)
    n_wrong = 0

    def count(_job: Job, done: Done) -> None:
        nonlocal n_wrong
        n_wrong += bool(done.fields["errors"])

    code = files.each(files.plain_jobs(options), validate_file, options, report, "checking", count)
    return code or int(bool(n_wrong))


def validate_file(job: Job, options: argparse.Namespace, _emit: Emit) -> Done:
    """Check one file."""
    from lumenarc.dicom.validate import check
    from lumenarc.dicom.whole import Bulk, read_whole

    with opened(job.source) as file:
        attributes = read_whole(file.source, Bulk(None, keep=False, keep_spelling=True))
        findings = list(check(attributes, options.iod or ""))
        uid = str((attributes.get("00080018", {}).get("Value") or [""])[0])
        meta_uid = file.meta.sop_instance_uid
    errors = [(finding.place, finding.text) for finding in findings if finding.is_error]
    warnings = [(finding.place, finding.text) for finding in findings if not finding.is_error]
    if meta_uid and meta_uid != uid:
        errors.append(("MediaStorageSOPInstanceUID", "the File Meta names another instance than the data set"))
    lines = [f"  error: {place}: {text}" for place, text in errors]
    if not options.errors_only:
        lines += [f"  warning: {place}: {text}" for place, text in warnings]
    head = f"{job.source}: {len(errors)} errors, {len(warnings)} warnings"
    fields = {
        "errors": [{"attribute": place, "text": text} for place, text in errors],
        "warnings": [{"attribute": place, "text": text} for place, text in warnings],
    }
    return Done(fields, "\n".join(map(printable, (head, *lines))))
