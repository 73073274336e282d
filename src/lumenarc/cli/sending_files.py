"""How are many files sent over one or several associations, none of them lost without a word? (PS3.4 B)

The contexts come from the files' own SOP classes and transfer syntaxes; more of them than one association holds are
sent in several. When an association breaks, what was outstanding is reported and the others go on over a new one.
"""

from __future__ import annotations

import argparse
import threading
import uuid
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from lumenarc.cli.files import Missing
from lumenarc.cli.frame import Progress, Report
from lumenarc.cli.part10_file import header_attributes, opened
from lumenarc.cli.rewriting import copied, encoding_of
from lumenarc.dicom import coerce
from lumenarc.dicom.header import DEFLATED
from lumenarc.dicom.query import Attributes
from lumenarc.dicom.source import deflate
from lumenarc.errors import BadDataSet, LumenarcError, PeerFailed
from lumenarc.peers.dimse import PLAIN_SYNTAXES, Peer, open_association
from lumenarc.peers.sending import Instance, Kind, Options, Sent, context_for, from_file, proposals_for, send
from lumenarc.transport.association import Association
from lumenarc.transport.connect import NoConnection, Rejected

_MAX_KINDS = 60  # two contexts each: as it lies, and decompressed
_UIDS = ("0020000D", "0020000E", "00080018")


@dataclass(frozen=True, slots=True)
class File:
    """A file to be sent."""

    path: Path
    instance: Instance
    n_bytes: int


def find_all(found: Iterable[Path | Missing], report: Report) -> list[File]:
    """Read the File Meta of every file; report what is no DICOM."""
    files: list[File] = []
    for path in found:
        if isinstance(path, Missing):
            report.problem(path.name, path.reason)
            continue
        try:
            files.append(File(path, _instance(path), path.stat().st_size))
        except OSError as error:
            report.problem(str(path), error.strerror or str(error))
        except LumenarcError as error:
            report.problem(str(path), str(error))
    return files


def _instance(path: Path) -> Instance:
    """Return a file as an instance, by its data set when it has no File Meta."""
    try:
        return from_file(path)
    except BadDataSet:
        found = header_attributes(path)
        uids = [str((found.get(name, {}).get("Value") or [""])[0] or "") for name in ("00080016", "00080018")]
        if not all(uids):
            raise
        syntax = str(found["00020010"]["Value"][0])
        return Instance(Kind(uids[0], syntax), uids[1], lambda: _rewritten(path, {}, syntax))


class Sender:
    """Sends files over `options.jobs` associations at a time."""

    def __init__(self, peer: Peer, changes: Attributes, options: argparse.Namespace, report: Report) -> None:
        self.peer, self.changes, self.options, self.report = peer, changes, options, report
        self.n_bytes = 0
        self.could_connect = False
        self._lock = threading.Lock()
        self._todo: deque[File] = deque()

    @property
    def exit_code(self) -> int:
        """0 all sent, 1 some failed, 3 when there never was a connection."""
        if self.could_connect:
            return self.report.exit_code
        return 3

    def send_all(self, files: list[File]) -> None:
        """Send the files; what fails is reported, and does not stop the others."""
        kinds = list(dict.fromkeys(file.instance.kind for file in files))
        with self.report.progress("sending", len(files)) as bar:
            for start in range(0, len(kinds), _MAX_KINDS):
                group = set(kinds[start : start + _MAX_KINDS])
                self._send_group([file for file in files if file.instance.kind in group], bar)

    def _send_group(self, files: list[File], bar: Progress) -> None:
        self._todo = deque(files)
        kinds = list(dict.fromkeys(file.instance.kind for file in files))
        threads = [
            threading.Thread(target=self._run, args=(kinds, bar), daemon=True)
            for _ in range(min(max(self.options.jobs, 1), len(files)) - 1)
        ]
        for thread in threads:
            thread.start()
        self._run(kinds, bar)
        for thread in threads:
            thread.join()

    def _run(self, kinds: list[Kind], bar: Progress) -> None:
        """Send over one association after the other, until nothing is left to do or nobody answers."""
        fallback = () if self.options.as_is else PLAIN_SYNTAXES
        while True:
            with self._lock:
                if not self._todo:
                    return
            outstanding: dict[int, File] = {}
            try:
                with open_association(self.peer, proposals_for(kinds, fallback)) as assoc:
                    self.could_connect = True
                    for sent in send(assoc, self._instances(assoc, outstanding), self._options()):
                        self._tell(sent, outstanding)
                        bar.advance()
            except (NoConnection, Rejected) as error:
                self._give_up(str(error))
                return
            except PeerFailed as error:
                with self._lock:
                    for file in outstanding.values():
                        self.report.problem(str(file.path), str(error))
                    if not outstanding and self._todo:  # it broke before anything was sent: do not try for ever
                        self.report.problem(str(self._todo.popleft().path), str(error))

    def _options(self) -> Options:
        return Options(priority=self.options.priority)

    def _instances(self, assoc: Association, outstanding: dict[int, File]) -> Iterator[Instance]:
        while True:
            with self._lock:
                if not self._todo:
                    return
                file = self._todo.popleft()
            try:
                instance = _prepared(file, self.changes, self.options, assoc)
            except (LumenarcError, OSError) as error:
                with self._lock:
                    self.report.problem(str(file.path), str(error))
                continue
            outstanding[id(instance)] = file
            yield instance

    def _tell(self, sent: Sent, outstanding: dict[int, File]) -> None:
        with self._lock:
            file = outstanding.pop(id(sent.instance))
            if not sent.outcome.is_success:
                self.report.problem(str(file.path), sent.outcome.text)
                return
            self.report.n_done += 1
            self.n_bytes += file.n_bytes
            if self.report.json:
                fields = {"file": str(file.path), "sop_instance_uid": sent.instance.sop_instance_uid}
                self.report.result("", {**fields, "status": sent.outcome.status})
            self.report.note(f"{file.path}: {sent.outcome.text}")

    def _give_up(self, reason: str) -> None:
        """Fail what is left: nobody answers."""
        with self._lock:
            left, self._todo = len(self._todo), deque()
            if left:
                self.report.problem(f"{left} file{'s' if left > 1 else ''}", f"not sent: {reason}")
                self.report.n_failed += left - 1


def _prepared(file: File, changes: Attributes, options: argparse.Namespace, assoc: Association) -> Instance:
    """Return the instance as it shall be sent: with changed attributes, decompressed when the peer wants it so."""
    instance, own = file.instance, dict(changes)
    if options.uid_suffix:
        found = header_attributes(file.path)
        for name in _UIDS:
            values = found.get(name, {}).get("Value")
            if values and name not in own:
                own[name] = {"vr": "UI", "Value": [_suffixed(str(values[0]), options.uid_suffix)]}
    if "00080018" in own:
        instance = replace(instance, sop_instance_uid=str((own["00080018"].get("Value") or [""])[0]))
    syntax = instance.kind.transfer_syntax_uid
    target = syntax if context_for(assoc, instance.kind) else _plain_for(assoc, instance.kind)
    if not own and target in (syntax, None):
        return instance
    kind = Kind(instance.kind.sop_class_uid, target or syntax)
    return replace(instance, kind=kind, chunks=lambda: _rewritten(file.path, own, kind.transfer_syntax_uid))


def _suffixed(uid: str, suffix: str) -> str:
    """Return a UID with a suffix; one that becomes too long is replaced by a UID made of it (PS3.5 B.2)."""
    whole = uid + suffix
    return whole if len(whole) <= 64 else f"2.25.{uuid.uuid5(uuid.NAMESPACE_OID, whole).int}"


def _plain_for(assoc: Association, kind: Kind) -> str | None:
    """Return the uncompressed transfer syntax that the peer takes for a SOP class."""
    for context in assoc.contexts.values():
        is_plain = context.transfer_syntax in PLAIN_SYNTAXES
        if context.abstract_syntax == kind.sop_class_uid and is_plain and context.we_scu:
            return context.transfer_syntax
    return None


def _rewritten(path: Path, changes: Attributes, target: str) -> Iterator[bytes]:
    """Give what is sent of a file in another transfer syntax, or with changes, or both."""
    chunks = changed(path, changes, target)
    yield from deflate(chunks) if target in DEFLATED else chunks


def changed(path: Path, changes: Attributes, target: str) -> Iterator[bytes]:
    """Give the data set of a file, not deflated, in another transfer syntax, or with changes, or both."""
    with opened(path) as file:
        source = file.source
        if source.transfer_syntax_uid != target:
            from lumenarc.dicom.transcode import Recoding, transcode

            chunks = transcode(source, Recoding(source.transfer_syntax_uid, target))
        else:
            chunks = copied(source)
        yield from coerce.overlay_chunks(chunks, encoding_of(target), changes) if changes else chunks
