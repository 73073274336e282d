"""`lumenarc dcmdir`: writes, lists and brings up to date the DICOMDIR of a folder (PS3.3 F, PS3.10 8)."""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lumenarc.cli import files
from lumenarc.cli.files import Missing
from lumenarc.cli.frame import Report, ToolParser, printable
from lumenarc.errors import BadRequest, LumenarcError

if TYPE_CHECKING:
    from lumenarc.dicom.dicomdir import Entry, Reference


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "dcmdir",
        "Write, list and bring up to date a DICOMDIR. Files must lie below its folder, in names of A-Z 0-9 _, at most\n"
        "eight characters; --copy brings any files there under such names.",
        (
            "lumenarc dcmdir -c media/DICOMDIR --copy study/",
            "lumenarc dcmdir -c media/DICOMDIR --fs-id LUMENARC --copy image.dcm other.dcm",
            "lumenarc dcmdir -l cd/DICOMDIR",
        ),
    )
    what = found.add_mutually_exclusive_group(required=True)
    what.add_argument("-c", "--create", type=Path, metavar="DICOMDIR", help="write a new DICOMDIR")
    what.add_argument("-u", "--update", type=Path, metavar="DICOMDIR", help="add files to a DICOMDIR")
    what.add_argument("-d", "--delete", type=Path, metavar="DICOMDIR", help="take the records of files out")
    what.add_argument("-p", "--purge", type=Path, metavar="DICOMDIR", help="take records of files that are gone out")
    what.add_argument("-z", "--compact", type=Path, metavar="DICOMDIR", help="take out records that are not in use")
    what.add_argument("-l", "--list", type=Path, metavar="DICOMDIR", help="list what a DICOMDIR names")
    found.add_argument("paths", nargs="*", metavar="FILE", help="files and folders")
    found.add_argument("-@", "--files-from", metavar="LIST", help="read names from LIST, one a line; - is stdin")
    found.add_argument("--copy", action="store_true", help="copy the files to the DICOMDIR, under names it may have")
    found.add_argument("--fs-id", metavar="ID", default="", help="the File-set ID")
    found.add_argument("--csv", action="store_true", help="list as CSV")
    found.add_speech()
    return found


def run(arguments: list[str]) -> int:
    """Do what the options say with the DICOMDIR."""
    options = parser().parse_args(arguments)
    options.tool = "dcmdir"
    report = Report(options)
    from lumenarc.dicom import dicomdir

    place: Path = options.create or options.update or options.delete or options.purge or options.compact or options.list
    known = [] if options.create else dicomdir.read(place.read_bytes())
    if options.list:
        return _list(place, known, options, report)
    if len(options.fs_id) > 16:
        raise BadRequest("A File-set ID has at most 16 characters.")
    entries = _kept(place, known, options, report)
    if options.create or options.update:
        if not options.paths and not options.files_from:
            raise BadRequest("Give the files that the DICOMDIR shall name.")
        entries += _added(place, {entry.components for entry in entries}, options, report)
    if report.n_failed and not entries:
        return report.exit_code
    from lumenarc.cli.building import new_uid
    from lumenarc.cli.part10_file import written

    with written(place) as stream:
        stream.write(dicomdir.build(entries, new_uid(), options.fs_id))
    report.result(f"{place} names {len(entries)} files", {"dicomdir": str(place), "n_files": len(entries)})
    return report.exit_code


def _list(place: Path, known: list[Reference], options: argparse.Namespace, report: Report) -> int:
    rows = csv.writer(sys.stdout)
    if options.csv:
        rows.writerow(("file", "sop_class_uid", "sop_instance_uid", "transfer_syntax_uid", "present"))
    for reference in known:
        path = place.parent.joinpath(*reference.components)
        fields = {
            "file": "/".join(reference.components),
            "sop_class_uid": reference.sop_class_uid,
            "sop_instance_uid": reference.sop_instance_uid,
            "transfer_syntax_uid": reference.transfer_syntax_uid,
            "present": path.is_file(),
        }
        if options.csv:
            rows.writerow(fields.values())
        else:
            report.result(printable(f"{fields['file']}  {fields['sop_instance_uid']}"), fields)
        if not path.is_file():
            report.problem("/".join(reference.components), "the file is not there")
    return report.exit_code


def _kept(place: Path, known: list[Reference], options: argparse.Namespace, report: Report) -> list[Entry]:
    """Return the entries of a DICOMDIR that stay, read again from their files."""
    unwanted = {Path(name).resolve() for name in options.paths} if options.delete else set()
    found: list[Entry] = []
    for reference in known:
        path = place.parent.joinpath(*reference.components)
        if path.resolve() in unwanted or (options.purge and not path.is_file()):
            report.note(f"{'/'.join(reference.components)} is taken out")
            continue
        try:
            found.append(_entry(path, reference.components))
        except (OSError, LumenarcError) as error:
            report.problem(str(path), f"{error}; its record is taken out")
    return found


def _added(place: Path, taken: set[tuple[str, ...]], options: argparse.Namespace, report: Report) -> list[Entry]:
    found: list[Entry] = []
    for path in files.find(files.names(options)):
        if isinstance(path, Missing):
            report.problem(path.name, path.reason)
            continue
        if path.name == "DICOMDIR":
            continue
        try:
            entry = _entry(path, _copied(path, place, taken) if options.copy else _components(path, place))
        except OSError as error:
            report.problem(str(path), error.strerror or str(error))
        except LumenarcError as error:
            report.problem(str(path), str(error))
        else:
            if entry.components not in taken or options.copy:
                taken.add(entry.components)
                found.append(entry)
    return found


def _components(path: Path, place: Path) -> tuple[str, ...]:
    """Return the file ID of a file where it lies.

    Raises:
        BadRequest: it is not below the folder, or has a name that a file ID cannot be.
    """
    try:
        parts = path.resolve().relative_to(place.parent.resolve()).parts
    except ValueError:
        raise BadRequest("it does not lie below the folder of the DICOMDIR; --copy brings it there") from None
    fits = all(0 < len(part) <= 8 and part.replace("_", "A").isalnum() and part.isupper() | part.isdigit()
               for part in parts)  # fmt: skip
    if not fits or len(parts) > 8 or not "".join(parts).isascii():
        raise BadRequest("its name cannot be a file ID (A-Z 0-9 _, eight characters); --copy gives it one")
    return parts


def _copied(path: Path, place: Path, taken: set[tuple[str, ...]]) -> tuple[str, ...]:
    """Copy a DICOM file into the folder under the next free name."""
    import shutil

    _entry(path, ())  # what is no DICOM is not copied
    number = len(taken)
    while True:
        components = ("DICOM", f"D{number // 1000:04d}", f"I{number:07d}"[-8:])
        target = place.parent.joinpath(*components)
        if components not in taken and not target.exists():
            break
        number += 1
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, target)
    return components


def _entry(path: Path, components: tuple[str, ...]) -> Entry:
    from lumenarc.cli.part10_file import header_attributes
    from lumenarc.dicom.dicomdir import Entry

    attributes = header_attributes(path)
    if "00080018" not in attributes or "00080016" not in attributes:
        raise BadRequest("it has no SOP class and instance")
    return Entry(components, str(attributes["00020010"]["Value"][0]), attributes)
