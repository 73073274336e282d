"""How is one file de-identified, whatever its size? Header by the profile, pixels as they lie or with black regions."""

from __future__ import annotations

import argparse
import hashlib
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from lumenarc.cli.deidentify import matches
from lumenarc.cli.files import Done, Emit, Job, Missing
from lumenarc.cli.maskpxdata import Box, syntax_after
from lumenarc.cli.part10_file import opened, write_file
from lumenarc.cli.rewriting import edits, encoding_of
from lumenarc.dicom import assignments, coerce
from lumenarc.dicom.deidentify import Report, deidentify_bytes
from lumenarc.dicom.deidentify_policy import Policy, map_uid
from lumenarc.dicom.header import PixelElement
from lumenarc.dicom.lazy import LazySet
from lumenarc.dicom.part10 import Meta
from lumenarc.dicom.query import Attributes
from lumenarc.dicom.recode import Recoding, outside_ultrasound_regions
from lumenarc.dicom.source import MAX_HEAD_BYTES, DataSetSource, find_pixels, pixel_start
from lumenarc.dicom.stream_metadata import cleaned
from lumenarc.dicom.transcode import transcode
from lumenarc.dicom.whole import pixel_end, read_header
from lumenarc.errors import BadRequest


def unnamed(jobs: Iterable[Job | Missing], output: Path) -> Iterator[Job | Missing]:
    """Let files that go into a folder be named by their new UID: such a job loses its target."""
    for job in jobs:
        if isinstance(job, Missing) or job.target == output:
            yield job
        else:
            yield Job(job.source)


def one(job: Job, options: argparse.Namespace, _emit: Emit) -> Done:
    """De-identify one file."""
    with opened(job.source) as file:
        source = file.source
        pixel = find_pixels(source)
        before = read_header(source)
        boxes = _boxes(source, pixel, before, options)
        policy = _policy(before, options, cleaned=bool(boxes))
        syntax = syntax_after(source.transfer_syntax_uid) if boxes else source.transfer_syntax_uid
        chunks, report = _chunks(source, pixel, boxes, policy, options.key_bytes)
        uid = _sop_instance_uid(before, policy, options.key_bytes)
        changes = edits(source, [assignments.parse(text) for text in options.set], [])
        uid = str((changes.get("00080018", {}).get("Value") or [uid])[0])
        if changes:
            chunks = coerce.overlay_chunks(chunks, encoding_of(syntax), changes)
        target = _target(job, options, uid)
        write_file(target, Meta(_text(before, "00080016"), uid, syntax, "", 0), chunks)
    fields = {
        "target": str(target),
        "removed": report.n_removed,
        "replaced": report.n_replaced,
        "cleaned": report.n_cleaned,
        "regions": len(boxes),
        "uids": report.uids,
        "patient": (_text(before, "00100020"), report.patient_id),
    }
    return Done(fields, f"{job.source} -> {target}")


def _text(attributes: Attributes, name: str) -> str:
    values = attributes.get(name, {}).get("Value") or [""]
    return str(values[0] or "")


def _target(job: Job, options: argparse.Namespace, uid: str) -> Path:
    if job.target is not None:
        return job.target
    safe = re.sub(r"[^0-9A-Za-z.]", "_", uid)[:64] or "unnamed"
    return Path(options.output) / f"{safe}.dcm"


def _policy(before: Attributes, options: argparse.Namespace, *, cleaned: bool) -> Policy:
    names = set(options.options) | ({"clean_pixel_data"} if cleaned else set())
    patient_id, patient_name = options.patient_id, options.patient_name
    if options.retain_pid_hash:
        whose = f"{_text(before, '00100020')}^^^{_text(before, '00100021')}"
        patient_id = hashlib.sha256(whose.encode()).hexdigest()[:32]
    if options.identities:
        old = _text(before, "00100020")
        if old not in options.identities:
            raise BadRequest("its Patient ID is not in the table of identities")
        patient_id, patient_name = options.identities[old]
    return Policy(
        options=frozenset(names),
        patient_id=patient_id,
        patient_name=patient_name if patient_name is not None else patient_id,
        burned_in=options.burned_in,
    )


def _boxes(
    source: DataSetSource, pixel: PixelElement | None, before: Attributes, options: argparse.Namespace
) -> list[Box]:
    """Return the rectangles to be made black in this image."""
    if pixel is None:
        return []
    found = list(options.boxes)
    for rule in options.rules:
        wanted = {assignments.parse_path(key)[0].name: pattern for key, pattern in rule["when"].items()}
        if all(matches(pattern, _text(before, name)) for name, pattern in wanted.items()):
            found += rule["boxes"]
    if options.outside_regions:
        head = LazySet.of(source.read(0, pixel.offset), source.transfer_syntax_uid)
        found += outside_ultrasound_regions(head)
    return found


def _chunks(
    source: DataSetSource, pixel: PixelElement | None, boxes: list[Box], policy: Policy, key: bytes
) -> tuple[Iterator[bytes], Report]:
    """Give the new data set in chunks, the first one up to the pixel data; what stands behind them is left out.

    Behind pixel data there are padding and digital signatures only, and the profile removes both.
    """
    if pixel is None:
        head, report = deidentify_bytes(source.read(0, MAX_HEAD_BYTES), _syntax(source), policy, key)
        return iter((head,)), report
    start, end = pixel_start(source, pixel), pixel_end(source, pixel)
    if boxes:
        target = syntax_after(source.transfer_syntax_uid)
        source = DataSetSource(source.read, end, source.transfer_syntax_uid)
        recoded = transcode(source, Recoding(source.transfer_syntax_uid, target, blank=tuple(boxes)))
        first = next(recoded)
        head, report = deidentify_bytes(first, target, policy, key)
        return chain((head,), recoded), report
    head, report = deidentify_bytes(source.read(0, start), _syntax(source), policy, key)
    return chain((head,), cleaned(source, pixel, start, end)), report


def _syntax(source: DataSetSource) -> str:
    return encoding_of(source.transfer_syntax_uid)


def _sop_instance_uid(before: Attributes, policy: Policy, key: bytes) -> str:
    uid = _text(before, "00080018")
    return uid if "retain_uids" in policy.options else map_uid(uid, key)
