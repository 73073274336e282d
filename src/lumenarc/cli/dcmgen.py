"""`lumenarc dcmgen`: makes up studies of any modality, valid, marked as synthetic, the same for the same seed."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from lumenarc.cli import files
from lumenarc.cli.files import Done, Emit, Job
from lumenarc.cli.frame import Report, ToolParser
from lumenarc.dicom import assignments
from lumenarc.errors import BadRequest

# What there is; a test compares it with dicom/synthetic/kinds.py, which is slow to import.
KINDS = {
    "ct": "chest", "mr": "head, T1 and T2", "pt": "PET/CT with uptake values", "cr": "chest", "dx": "chest, two views",
    "mg": "mammography, four views", "us": "heart, a clip", "nm": "bone scan", "xa": "coronary angiography",
    "rt": "CT, structure set, plan and dose", "seg": "CT and segmentation", "sr": "CT and report",
    "ecg": "twelve leads", "pdf": "a document", "es": "endoscopy, H.264 video", "enhanced-ct": "one multi-frame object",
    "enhanced-mr": "one multi-frame object",
}  # fmt: skip


def parser() -> ToolParser:
    """Describe the command line."""
    kinds = "; ".join(f"{name}: {what}" for name, what in KINDS.items())
    found = ToolParser(
        "dcmgen",
        "Make up studies: phantoms drawn by formula, whose numbers (HU, uptake values, spacings) are right, of\n"
        "patients with names in many scripts. The same seed makes the same objects. All are marked as synthetic.\n"
        f"Kinds are {kinds}.",
        (
            "lumenarc dcmgen ct out/",
            "lumenarc dcmgen --seed 7 -n 3 --patients 2 --size 64 --frames 4 ct mr us out/",
            "lumenarc dcmgen --json --size 64 --frames 4 -s InstitutionName=Test all out/",
        ),
    )
    found.add_argument("kinds", nargs="+", metavar="KIND", help="kinds of studies, or all; at last the folder")
    found.add_argument("-o", "--output", metavar="DIR", help="the folder, instead of the last name")
    found.add_argument(
        "-n", "--studies", type=int, metavar="N", help="how many studies, of the kinds in turn (default: one of each)"
    )
    found.add_argument("--patients", type=int, metavar="N", help="how many patients they are of (default: one a study)")
    found.add_argument("--seed", type=int, default=1, metavar="N", help="makes all that is random (default 1)")
    found.add_argument("--size", type=int, default=0, metavar="N", help="pixels a side (default: by kind)")
    found.add_argument("--frames", type=int, default=0, metavar="N", help="slices or frames (default: by kind)")
    found.add_argument(
        "-s", "--set", metavar="ATTR=VALUE", action="append", default=[], help="set an attribute in all objects"
    )
    found.add_argument(
        "-j", "--jobs", type=int, default=0, metavar="N", help="work in N processes (default: one a processor)"
    )
    found.add_speech()
    return found


def run(arguments: list[str]) -> int:
    """Make the studies."""
    found = parser()
    options = found.parse_args(arguments)
    options.tool = "dcmgen"
    assignments.from_texts(options.set)
    if options.output is None:
        if len(options.kinds) < 2:
            found.error("the last name is the folder to write into")
        options.output = options.kinds.pop()
    wanted = list(KINDS) if options.kinds == ["all"] else options.kinds
    unknown = [name for name in wanted if name not in KINDS]
    if unknown:
        raise BadRequest(f"{unknown[0]!r} is no kind of study: there are {', '.join(KINDS)}.")
    limits = (options.studies, 1, 1_000_000), (options.patients, 1, 1_000_000), (options.frames, 0, 10_000)
    if any(value is not None and not low <= value <= high for value, low, high in limits):
        raise BadRequest("This number of studies, patients or frames makes no sense.")
    if options.size and not 16 <= options.size <= 8192:
        raise BadRequest("The size is from 16 to 8192 pixels.")
    n_studies = options.studies or len(wanted)
    options.n_patients = options.patients or n_studies
    return files.each(_jobs(wanted, n_studies), make, options, Report(options), "making")


def _jobs(wanted: list[str], n_studies: int) -> Iterator[Job]:
    for number in range(n_studies):
        yield Job(Path(f"{number + 1:05}-{wanted[number % len(wanted)]}"))


def make(job: Job, options: argparse.Namespace, _emit: Emit) -> Done:
    """Make one study, whose number and kind are the job's name."""
    from pydicom.dataset import Dataset

    from lumenarc.cli.part10_file import written
    from lumenarc.dicom.synthetic.kinds import BY_NAME
    from lumenarc.dicom.synthetic.study import Amount, made_up, part10

    number, _, name = job.source.name.partition("-")
    kind = BY_NAME[name]
    patient = (int(number) - 1) % options.n_patients + 1
    study = made_up(options.seed, patient, int(number), name, kind.descriptions)
    folder, n_objects = Path(options.output) / job.source.name, 0
    given = Dataset.from_json(assignments.from_texts(options.set))
    for ds in kind.make(study, Amount(options.size, options.frames)):
        ds.update(given)
        series = f"{int(ds.SeriesNumber):02}-{ds.Modality}"
        with written(folder / series / f"{int(ds.InstanceNumber):05}.dcm") as stream:
            stream.write(part10(ds))
        n_objects += 1
    fields = {"target": str(folder), "study_instance_uid": study.uid(""), "kind": name, "n_objects": n_objects}
    return Done(fields, f"{folder}: {n_objects} objects of {study.person.patient_id}")
