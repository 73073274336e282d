"""Where does what comes over an association go? Into files, named by a pattern of its attributes (PS3.10 7.1)."""

from __future__ import annotations

import os
import secrets
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from lumenarc.cli.part10_file import header_attributes, meta_attributes
from lumenarc.dicom import attribute_format
from lumenarc.dicom.attribute_format import Surroundings
from lumenarc.dicom.part10 import Meta, build_meta
from lumenarc.errors import BadDataSet, OutOfResources
from lumenarc.protocol.dimse import status
from lumenarc.protocol.dimse.commands import Command
from lumenarc.protocol.ul.negotiation import Context
from lumenarc.transport.association import Association
from lumenarc.transport.requests import Response

DEFAULT_PATTERN = "{00080018}"
OnFile = Callable[[Path, Meta], None]


class Folder:
    """A folder that takes instances; one that comes again replaces the file that is there."""

    def __init__(self, folder: Path, pattern: str, on_file: OnFile, answer: int = status.SUCCESS) -> None:
        """Prepare the folder; `answer` is the status to say of every instance.

        Raises:
            BadRequest: the pattern names an attribute or a format that does not exist.
        """
        surroundings = Surroundings(datetime.now, lambda: str(uuid.uuid4()))
        self.pattern = attribute_format.parse(pattern, surroundings)
        self.by_uid_only = pattern == DEFAULT_PATTERN
        self.folder, self.on_file, self.answer = folder, on_file, answer
        self._names: list[str] = []
        folder.mkdir(parents=True, exist_ok=True)

    def begin(self, assoc: Association, context: Context, rq: Command) -> FileSink:
        """Begin to receive one instance."""
        meta = Meta(rq.sop_class_uid, rq.sop_instance_uid, context.transfer_syntax, assoc.partners.calling, 0)
        return FileSink(self, meta)

    def take_name(self) -> str:
        """Return a name for a file that is being received, which nobody else has meanwhile."""
        try:
            return self._names.pop()
        except IndexError:
            return f"{self.folder}/.{secrets.token_hex(8)}.part"

    def give_name(self, name: str) -> None:
        """Take a name back, of which there is no file any more."""
        self._names.append(name)

    def place(self, received: Path, meta: Meta) -> Path:
        """Return the name that the pattern gives to a received file."""
        attributes = meta_attributes(meta)
        attributes["00080018"] = {"vr": "UI", "Value": [meta.sop_instance_uid]}
        if not self.by_uid_only:
            with suppress(BadDataSet):
                attributes |= header_attributes(received)
        return self.folder / self.pattern.fill_path(attributes)


class FileSink:
    """One instance on its way into its file; thousands of small ones come in a second: little is asked of the system.

    The file is made with its first bytes, header and data in one write, under a name that was used before: file
    systems take half as long for that as for a name they have never seen.
    """

    __slots__ = ("_descriptor", "_folder", "_head", "_meta", "_path")

    def __init__(self, folder: Folder, meta: Meta) -> None:
        self._folder, self._meta = folder, meta
        self._path = folder.take_name()
        self._descriptor = -1
        self._head = build_meta(
            meta.sop_class_uid, meta.sop_instance_uid, meta.transfer_syntax_uid, meta.source_aet or None
        )

    def write(self, data: memoryview) -> None:
        """Take the next bytes."""
        try:
            written = 0
            if self._descriptor < 0:
                self._descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
                n_head = len(self._head)
                written = os.writev(self._descriptor, (self._head, data)) - n_head
                while written < 0:
                    written += os.write(self._descriptor, memoryview(self._head)[n_head + written :])
            while written < len(data):
                written += os.write(self._descriptor, data[written:])
        except OSError as error:
            raise OutOfResources(f"The file cannot be written: {error.strerror}.") from error

    def finish(self) -> Response:
        """Give the file its name."""
        if self._descriptor < 0:
            self.write(memoryview(b""))
        try:
            self._close()
            if status.is_failure(self._folder.answer):
                os.unlink(self._path)  # noqa: PTH108 - a Path costs more than the call
                self._folder.give_name(self._path)
                return Response(self._folder.answer)
            target = self._folder.place(Path(self._path), self._meta)
            try:
                os.rename(self._path, target)  # noqa: PTH104
            except FileNotFoundError:
                target.parent.mkdir(parents=True, exist_ok=True)
                os.rename(self._path, target)  # noqa: PTH104
            self._folder.give_name(self._path)
        except OSError as error:
            self.abort()
            raise OutOfResources(f"The file cannot be written: {error.strerror}.") from error
        self._folder.on_file(target, self._meta)
        return Response(self._folder.answer)

    def abort(self) -> None:
        """Forget what came."""
        with suppress(OSError):
            self._close()
        with suppress(OSError):
            os.unlink(self._path)  # noqa: PTH108

    def _close(self) -> None:
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)
