"""`lumenarc deidentify`: frees DICOM files of identities (PS3.15 Annex E: the Basic Profile and its options)."""

from __future__ import annotations

import csv
import fnmatch
import json
import secrets
from pathlib import Path
from typing import Any

from lumenarc.cli import files
from lumenarc.cli.files import Done, Job
from lumenarc.cli.frame import Report, ToolParser
from lumenarc.errors import BadRequest

# Option of the profile → what it is called on the command line, dcm4che's name first where it has one.
OPTIONS = {
    "retain_full_dates": ("--retain-date", "keep dates and times"),
    "retain_modified_dates": ("--shift-dates", "keep times, and shift the dates of a patient by one number of days"),
    "retain_device": ("--retain-dev", "keep the identity of devices"),
    "retain_institution": ("--retain-org", "keep the identity of the institution"),
    "retain_uids": ("--retain-uid", "keep UIDs"),
    "retain_patient_characteristics": ("--retain-patient-characteristics", "keep age, sex, size, weight …"),
    "retain_safe_private": ("--retain-safe-private", "keep private attributes that are known to be safe"),
    "clean_descriptors": ("--clean-descriptors", "keep descriptions, cleaned of the identities that are known"),
    "clean_structured_content": ("--clean-structured-content", "keep the content of reports, cleaned"),
    "clean_graphics": ("--clean-graphics", "keep graphics, cleaned"),
}
_KEY_BYTES = 32


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "deidentify",
        "Free DICOM files of identities by the Basic Profile of PS3.15 Annex E and its options. UIDs, pseudonyms and\n"
        "date shifts are made with a key: files that belong together still do. Keep the key (--key) to add more files\n"
        "later; without it nobody can go back. New files are named by their new UIDs, because old names may tell.",
        (
            "lumenarc deidentify image.dcm anonymous.dcm",
            "lumenarc deidentify --key project.key --shift-dates --clean-descriptors --mapping map.csv study/ out/",
            "lumenarc deidentify --retain-uid --patient-id TRIAL-1 -r 0,0,128,16 image.dcm anonymous.dcm",
        ),
    )
    files.add_inputs(found, what="DICOM files or folders, and at last where to write to")
    found.add_argument("-o", "--output", metavar="OUT", help="where to write to, instead of the last name")
    profile = found.add_argument_group("options of the profile")
    for name, (option, what) in OPTIONS.items():
        profile.add_argument(option, action="append_const", const=name, dest="options", help=what)
    found.set_defaults(options=[])
    who = found.add_argument_group("pseudonyms")
    who.add_argument(
        "--patient-id", metavar="ID", help="the new Patient ID (default: made from the old one and the key)"
    )
    who.add_argument("--patient-name", metavar="NAME", help="the new Patient's Name (default: the new Patient ID)")
    who.add_argument(
        "--retain-pid-hash", action="store_true",
        help="make it from the old Patient ID and issuer without a key: the same everywhere, but whoever tries all IDs "
        "finds it",
    )  # fmt: skip
    who.add_argument(
        "--table", type=Path, metavar="CSV", help="new identities: lines of old Patient ID, new Patient ID[, new name]"
    )
    who.add_argument(
        "--key", type=Path, metavar="FILE", help="the key; a new one is written when there is no such file"
    )
    who.add_argument("--mapping", type=Path, metavar="CSV", help="write what became what: as secret as the originals")
    pixels = found.add_argument_group("pixels")
    pixels.add_argument(
        "-r", "--region", metavar="X,Y,W,H", action="append", default=[], help="make this rectangle black"
    )
    pixels.add_argument("--outside-regions", action="store_true", help="black outside the ultrasound regions")
    pixels.add_argument(
        "--region-rules", type=Path, metavar="JSON",
        help='rectangles by attributes: [{"when": {"Modality": "US", "Rows": "600"}, "blank": [[x, y, w, h]]}]',
    )  # fmt: skip
    pixels.add_argument(
        "--burned-in", choices=("refuse", "suspect", "accept"), default="refuse",
        help="images with burnt-in text: refuse those that say so, also those that may have it, or accept all",
    )  # fmt: skip
    found.add_argument("-s", "--set", metavar="ATTR=VALUE", action="append", default=[], help="set this afterwards")
    found.add_argument("--keep-names", action="store_true", help="keep the names of the files")
    found.add_speech()
    return found


def run(arguments: list[str]) -> int:
    """De-identify the files."""
    found = parser()
    options = found.parse_args(arguments)
    options.tool = "deidentify"
    from lumenarc.cli import deidentifying
    from lumenarc.cli.maskpxdata import box
    from lumenarc.dicom import assignments

    if options.retain_pid_hash and (options.patient_id is not None or options.table):
        found.error("--retain-pid-hash makes the Patient ID that --patient-id and --table give")
    files.destination_last(options, found)
    assignments.from_texts(options.set)
    options.boxes = [box(text) for text in options.region]
    options.rules = _rules(options.region_rules)
    options.key_bytes = _key(options.key)
    options.identities = _table(options.table)
    report = Report(options)
    mapping: dict[tuple[str, str], str] = {}

    def keep(_job: Job, done: Done) -> None:
        mapping.update({("uid", old): new for old, new in done.fields.pop("uids").items()})
        old, new = done.fields.pop("patient")
        mapping["patient", old] = new

    named = files.targets(options, None)
    jobs = named if options.keep_names else deidentifying.unnamed(named, Path(options.output))
    code = files.each(jobs, deidentifying.one, options, report, "de-identifying", keep)
    if options.mapping is not None:
        _write_mapping(options.mapping, mapping)
    return code


def _key(path: Path | None) -> bytes:
    """Read the key, or make one."""
    if path is None:
        return secrets.token_bytes(_KEY_BYTES)
    try:
        found = path.read_bytes()
    except FileNotFoundError:
        found = secrets.token_bytes(_KEY_BYTES)
        path.touch(0o600)
        path.write_bytes(found)
    if len(found) < 16:
        raise BadRequest("The key file is too short: it needs 16 bytes that nobody can guess.")
    return found


def _table(path: Path | None) -> dict[str, tuple[str, str]]:
    """Read the new identities by old Patient ID."""
    if path is None:
        return {}
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = [row for row in csv.reader(stream) if row]
    if any(len(row) not in (2, 3) for row in rows):
        raise BadRequest("A line of the table is not: old Patient ID, new Patient ID[, new name].")
    return {row[0].strip(): (row[1].strip(), row[-1].strip()) for row in rows}


def _rules(path: Path | None) -> list[dict[str, Any]]:
    """Read the rules about rectangles.

    Raises:
        BadRequest: the file does not hold such rules.
    """
    if path is None:
        return []
    try:
        found = json.loads(path.read_text("utf-8"))
        for rule in found:
            boxes = [(int(x), int(y), int(x) + int(w), int(y) + int(h)) for x, y, w, h in rule["blank"]]
            rule["boxes"] = [box for box in boxes if box[0] >= 0 and box[1] >= 0]
            rule["when"] = {str(key): str(value) for key, value in rule["when"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadRequest(f"{path.name} holds no rules about regions.") from error
    return list(found)


def matches(pattern: str, value: str) -> bool:
    """Say whether a value is what a rule wants; * and ? stand for any text."""
    return fnmatch.fnmatchcase(value, pattern)


def _write_mapping(path: Path, mapping: dict[tuple[str, str], str]) -> None:
    """Write what became what, for its owner's eyes only."""
    path.touch(0o600)
    with path.open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(("what", "original", "replacement"))
        rows.writerows((what, old, new) for (what, old), new in mapping.items())
