"""How do studies leave the archive for a folder or a ZIP? As received, as corrected, or without anybody's identity.

Names come from UIDs, which were checked when the objects were stored, or are numbers; never from other data. What is
not readable fails alone and is named.
"""

from __future__ import annotations

import uuid
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import IO, Protocol

from lumenarc.archive import Archive
from lumenarc.dicom import dicomdir, part10
from lumenarc.dicom.attributes import Level
from lumenarc.dicom.deidentify_policy import Policy
from lumenarc.dicom.dicom_json import to_attributes
from lumenarc.dicom.query import Attributes
from lumenarc.dicom.query_parse import from_qido
from lumenarc.errors import LumenarcError, OutOfResources, Refused
from lumenarc.index.lookup import StoredInstance
from lumenarc.services import anonymize, leaving, query, retrieve


@dataclass(frozen=True, slots=True)
class Manner:
    """How objects leave: `received` as they came, else as corrected; `policy` de-identifies them; with a DICOMDIR."""

    received: bool = False
    policy: Policy | None = None
    dicomdir: bool = False


@dataclass(slots=True)
class Exported:
    """What became of an export; `failed` names objects by UID, with a sentence."""

    n_studies: int = 0
    n_instances: int = 0
    n_bytes: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)


class Target(Protocol):
    """Where files go: a folder or a ZIP."""

    def create(self, name: tuple[str, ...]) -> IO[bytes]:
        """Begin a file; it counts when it is closed."""

    def discard(self, name: tuple[str, ...]) -> None:
        """Take back a file that could not be finished, where that is possible."""


class FolderTarget:
    """Files below a folder; an existing one is never overwritten."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def create(self, name: tuple[str, ...]) -> IO[bytes]:
        """Begin a file; raise FileExistsError."""
        path = self._root.joinpath(*name)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("xb")

    def discard(self, name: tuple[str, ...]) -> None:
        """Remove a file."""
        self._root.joinpath(*name).unlink(missing_ok=True)


class ZipTarget:
    """Members of a ZIP, uncompressed: pixel data hardly shrink. One that fails stays, cut, and is reported."""

    def __init__(self, packed: zipfile.ZipFile) -> None:
        self._packed = packed

    def create(self, name: tuple[str, ...]) -> IO[bytes]:
        """Begin a member."""
        return self._packed.open("/".join(name), "w", force_zip64=True)

    def discard(self, name: tuple[str, ...]) -> None:
        """Do nothing: what is in a ZIP stays there."""


@contextmanager
def zip_target(path: Path) -> Iterator[ZipTarget]:
    """Write a ZIP; raise FileExistsError. A ZIP that is not finished is removed."""
    with path.open("xb") as stream:
        try:
            with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as packed:
                yield ZipTarget(packed)
        except BaseException:
            path.unlink(missing_ok=True)
            raise


def studies(archive: Archive, params: Sequence[tuple[str, str]]) -> list[str]:
    """Return the UIDs of the studies that a search in the manner of QIDO-RS finds; raise BadQuery."""
    asked = from_qido(Level.STUDY, {}, params)
    return [str(answer["0020000D"]["Value"][0]) for answer in query.search(archive, asked)]


def export(
    archive: Archive,
    study_uids: Sequence[str],
    target: Target,
    manner: Manner,
    on_instance: Callable[[StoredInstance, str], None],
) -> Exported:
    """Write the objects of studies; `on_instance` is told of each, with a sentence when it failed.

    Raises OutOfResources when the target cannot be written.
    """
    done = Exported()
    entries: list[dicomdir.Entry] = []
    folders: dict[str, int] = {}
    for study_uid in study_uids:
        try:
            found = retrieve.find(archive, study_uid)
        except LumenarcError as error:
            done.failed.append((study_uid, str(error)))
            continue
        done.n_studies += 1
        for inst in found:
            folder = folders.setdefault(inst.series_uid, len(folders) + 1)
            name = _name(archive, inst, manner, (folder, done.n_instances + len(done.failed) + 1))
            reason = ""
            try:
                entry, n_bytes = _write(archive, inst, target, manner, name)
            except OutOfResources:
                raise  # the others would fail as well
            except LumenarcError as error:
                reason = str(error)
                done.failed.append((inst.sop_instance_uid, reason))
            else:
                done.n_instances, done.n_bytes = done.n_instances + 1, done.n_bytes + n_bytes
                entries += [entry] if manner.dicomdir else []
            on_instance(inst, reason)
    if manner.dicomdir and entries:
        with target.create(("DICOMDIR",)) as stream:
            stream.write(dicomdir.build(entries, f"2.25.{uuid.uuid4().int}"))
    return done


def _name(archive: Archive, inst: StoredInstance, manner: Manner, numbers: tuple[int, int]) -> tuple[str, ...]:
    """Return where an object goes: numbers as PS3.10 8.5 allows beside a DICOMDIR, else its own UIDs."""
    if manner.dicomdir:
        return ("DICOM", f"{numbers[0]:08}", f"{numbers[1]:08}")
    uids = [inst.study_uid, inst.series_uid, inst.sop_instance_uid]
    if manner.policy is not None and "retain_uids" not in manner.policy.options:
        uids = [anonymize.new_uid(archive, uid) for uid in uids]
    return (uids[0], uids[1], f"{uids[2]}.dcm")


def _write(
    archive: Archive, inst: StoredInstance, target: Target, manner: Manner, name: tuple[str, ...]
) -> tuple[dicomdir.Entry, int]:
    """Write one object; return its entry, without attributes unless there will be a DICOMDIR, and its length."""
    entry, chunks = _made(archive, inst, manner, name)
    n_bytes = 0
    try:
        with target.create(name) as stream:
            try:
                for chunk in chunks:
                    stream.write(chunk)
                    n_bytes += len(chunk)
            except BaseException:
                target.discard(name)
                raise
    except FileExistsError:
        raise Refused("There is a file of this name already.") from None
    except OSError as error:
        raise OutOfResources(f"The target cannot be written: {error.strerror}.") from error
    return entry, n_bytes


def _made(
    archive: Archive, inst: StoredInstance, manner: Manner, name: tuple[str, ...]
) -> tuple[dicomdir.Entry, Iterator[bytes]]:
    """Return the file of an object as it is wanted, and its entry."""
    attributes: Attributes = {}
    if manner.policy is not None:
        chunks = anonymize.file(archive, inst, inst.transfer_syntax_uid, manner.policy)
        meta, head = next(chunks), next(chunks)
        syntax = part10.parse_meta(meta).transfer_syntax_uid
        attributes = to_attributes(head, syntax) if manner.dicomdir else {}
        return dicomdir.Entry(name, syntax, attributes), chain((meta, head), chunks)
    if manner.dicomdir:
        attributes = (retrieve if manner.received else leaving).attributes(archive, inst)
    chunks = retrieve.whole_file(archive, inst) if manner.received else leaving.file(archive, inst).chunks
    return dicomdir.Entry(name, inst.transfer_syntax_uid, attributes), chunks
