"""Where does what comes over an association go? Into files, named by a pattern of its attributes (PS3.10 7.1)."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import IO

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
        folder.mkdir(parents=True, exist_ok=True)

    def begin(self, assoc: Association, context: Context, rq: Command) -> FileSink:
        """Begin to receive one instance."""
        meta = Meta(rq.sop_class_uid, rq.sop_instance_uid, context.transfer_syntax, assoc.partners.calling, 0)
        return FileSink(self, meta)

    def place(self, received: Path, meta: Meta) -> Path:
        """Return the name that the pattern gives to a received file."""
        attributes = meta_attributes(meta)
        attributes["00080018"] = {"vr": "UI", "Value": [meta.sop_instance_uid]}
        if not self.by_uid_only:
            with suppress(BadDataSet):
                attributes |= header_attributes(received)
        return self.folder / self.pattern.fill_path(attributes)


class FileSink:
    """One instance on its way into its file."""

    def __init__(self, folder: Folder, meta: Meta) -> None:
        self._folder, self._meta = folder, meta
        self._path = folder.folder / f".{secrets.token_hex(8)}.part"
        self._file: IO[bytes] | None = None
        head = build_meta(meta.sop_class_uid, meta.sop_instance_uid, meta.transfer_syntax_uid, meta.source_aet or None)
        self.write(memoryview(head))

    def write(self, data: memoryview) -> None:
        """Take the next bytes."""
        try:
            if self._file is None:
                self._file = self._path.open("xb", buffering=0)
            written = self._file.write(data)
            while written is not None and written < len(data):
                data = data[written:]
                written = self._file.write(data)
        except OSError as error:
            raise OutOfResources(f"The file cannot be written: {error.strerror}.") from error

    def finish(self) -> Response:
        """Give the file its name."""
        assert self._file is not None
        try:
            self._file.close()
            if status.is_failure(self._folder.answer):
                self._path.unlink()
                return Response(self._folder.answer)
            target = self._folder.place(self._path, self._meta)
            target.parent.mkdir(parents=True, exist_ok=True)
            self._path.replace(target)
        except OSError as error:
            self.abort()
            raise OutOfResources(f"The file cannot be written: {error.strerror}.") from error
        self._folder.on_file(target, self._meta)
        return Response(self._folder.answer)

    def abort(self) -> None:
        """Forget what came."""
        if self._file is not None:
            self._file.close()
        with suppress(OSError):
            self._path.unlink()
