"""Who decodes, draws and transcodes for the server? A pool of worker processes with memory and time limits.

Workers start when first needed, so that the server is ready at once. Calls block and may come from any thread; more
than `max_waiting` of them at a time are refused. A worker that dies, hangs or answers nonsense is replaced, and only
its own caller hears of it.
"""

from __future__ import annotations

import os
import queue
import select
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass, field
from typing import Any

from lumenarc import errors
from lumenarc.dicom.film_image import PlainImage
from lumenarc.dicom.media import Unpacked
from lumenarc.dicom.pixels import PixelShape
from lumenarc.dicom.recode import Recoded, Recoding
from lumenarc.dicom.render_request import RenderedImage, RenderRequest
from lumenarc.errors import LumenarcError, Unavailable, Unrenderable
from lumenarc.imaging.messages import BrokenMessage, Message, pack, unpack

DEFAULT_MEMORY_BYTES = 2 << 30
DEFAULT_TIMEOUT_S = 10.0
_JOBS_PER_WORKER = 5000
_PIPE_CHUNK = 1 << 20
_KEPT_ENVIRONMENT = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV")
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


@dataclass(frozen=True, slots=True)
class RenderJob:
    """One image to draw. `head` is the data set up to the pixel data's value; `frames` are (index from 0, bytes)."""

    head: bytes
    transfer_syntax_uid: str
    frames: tuple[tuple[int, bytes], ...]
    request: RenderRequest = field(default_factory=RenderRequest)
    animate: bool = False
    state: bytes = b""
    """A softcopy presentation state's data set, empty for none."""
    state_uid: str = "1.2.840.10008.1.2.1"


@dataclass(frozen=True, slots=True)
class DrawnFilm:
    """A film: its size in dots, the PNG, and a small JPEG of it."""

    width: int
    height: int
    png: bytes
    preview: bytes


class ImagingPool:
    """Worker processes for everything that touches pixel bytes."""

    def __init__(
        self,
        n_workers: int = 0,
        memory_bytes: int = DEFAULT_MEMORY_BYTES,
        timeout_s: float = DEFAULT_TIMEOUT_S,
        max_waiting: int = 256,
    ) -> None:
        """Prepare the pool without starting a process; `n_workers` 0 means one per processor."""
        self._memory_bytes, self._timeout_s = memory_bytes, timeout_s
        self._max_waiting, self._waiting = max_waiting, 0
        self._lock, self._closed = threading.Lock(), False
        self._slots: queue.LifoQueue[_Worker] = queue.LifoQueue()
        self._workers = [_Worker(memory_bytes, timeout_s) for _ in range(n_workers or os.cpu_count() or 1)]
        for worker in self._workers:
            self._slots.put(worker)

    def render(self, job: RenderJob) -> RenderedImage:
        """Draw an image.

        Raises:
            Unrenderable, BadRequest, NotAcceptable: as lumenarc.dicom.render.
            Unavailable: too many callers wait, or the pool is closed.
        """
        fields, blobs, limit_s = self._asked(job)
        found, out = self.call("render", fields, blobs, timeout_s=limit_s)
        return RenderedImage(out[0], found["media_type"], found["width"], found["height"])

    def film_image(self, job: RenderJob, kind: str) -> PlainImage:
        """Draw an image, and return its pixels as a film printer takes them (`PlainImage.kind`).

        Nobody waits before a screen, so it may take three times as long.

        Raises:
            as `render`.
        """
        fields, blobs, limit_s = self._asked(job)
        found, out = self.call("film_image", {**fields, "kind": kind}, blobs, timeout_s=limit_s * 3)
        return PlainImage(kind, found["width"], found["height"], out[0])

    def _asked(self, job: RenderJob) -> tuple[dict[str, Any], list[bytes], float]:
        """Return fields, blobs and limit of time of what is drawn."""
        fields = {
            "request": job.request.as_dict(),
            "transfer_syntax_uid": job.transfer_syntax_uid,
            "indices": [index for index, _ in job.frames],
            "animate": job.animate,
            "state_uid": job.state_uid,
        }
        blobs = [job.head, job.state, *(data for _, data in job.frames)]
        return fields, blobs, self._timeout_s * (1 + len(job.frames) / 20)

    def recode_frame(self, data: bytes, frame_index: int, shape: PixelShape, recoding: Recoding) -> Recoded:
        """Transcode one frame; give this to lumenarc.dicom.transcode.transcode as `recode`.

        Raises:
            NotAcceptable, Unrenderable, Unavailable: see render.
        """
        fields = {"frame_index": frame_index, "shape": asdict(shape), "recoding": recoding.as_dict()}
        found, out = self.call("recode", fields, [data])
        return Recoded(out[0], found["photometric"], found["bits_stored"], found["high_bit"])

    def document(self, data: bytes, transfer_syntax_uid: str, media_type: str) -> str:
        """Write a structured report as text/html or text/plain.

        Raises:
            Unrenderable, NotAcceptable, Unavailable: see render.
        """
        fields = {"transfer_syntax_uid": transfer_syntax_uid, "media_type": media_type}
        return self.call("document", fields, [data])[1][0].decode("utf-8")

    def deidentify(
        self, head: bytes, transfer_syntax_uid: str, policy: dict[str, Any], key: bytes
    ) -> tuple[bytes, dict[str, Any]]:
        """De-identify a data set without its pixel data; gives it back with a report of what was done.

        Raises:
            Refused: the policy forbids this image.
            Unrenderable, Unavailable: see render.
        """
        fields = {"transfer_syntax_uid": transfer_syntax_uid, "policy": policy}
        found, out = self.call("deidentify", fields, [head, key])
        return out[0], found["report"]

    def unpack(self, data: bytes) -> Unpacked:
        """Unpack a picture (PNG, GIF, TIFF, BMP, JPEG …) into plain pixels.

        Raises:
            TooLarge, Unrenderable, Unavailable: see render.
        """
        found, out = self.call("unpack", {}, [data])
        return Unpacked(**found, data=out[0])

    def film(self, film: Message) -> DrawnFilm:
        """Draw a film that `imaging.film.packed` has made.

        Raises:
            Unrenderable, Unavailable: see render.
        """
        fields, blobs = film
        n_bytes = sum(map(len, blobs))
        found, out = self.call("film", fields, blobs, timeout_s=self._timeout_s * (3 + n_bytes / (64 << 20)))
        return DrawnFilm(found["width"], found["height"], out[0], out[1])

    def call(
        self, operation: str, fields: dict[str, Any], blobs: list[bytes], *, timeout_s: float | None = None
    ) -> Message:
        """Run one operation of lumenarc.imaging.operations in a worker.

        Raises:
            LumenarcError: what the operation raised; Unrenderable when the worker died or took too long.
        """
        worker = self._borrow()
        try:
            answer, out = worker.exchange(pack({"operation": operation, **fields}, blobs), timeout_s or self._timeout_s)
        finally:
            self._slots.put(worker)
        if answer.pop("ok", False):
            return answer, out
        kind = getattr(errors, str(answer.get("error")), Unrenderable)
        is_ours = isinstance(kind, type) and issubclass(kind, LumenarcError)
        raise (kind if is_ours else Unrenderable)(str(answer.get("message", "")))

    def _borrow(self) -> _Worker:
        with self._lock:
            if self._closed:
                raise Unavailable("The server is stopping")
            if self._waiting >= self._max_waiting:
                raise Unavailable("Too many images are being drawn; try again later")
            self._waiting += 1
        try:
            return self._slots.get(timeout=self._timeout_s * 3)
        except queue.Empty:
            raise Unavailable("Too many images are being drawn; try again later") from None
        finally:
            with self._lock:
                self._waiting -= 1

    @property
    def n_running(self) -> int:
        """Count the worker processes that run now."""
        return sum(worker.is_running for worker in self._workers)

    def close(self) -> None:
        """End all workers; callers inside one hear that their image could not be drawn."""
        with self._lock:
            self._closed = True
        for worker in self._workers:
            worker.kill()  # a busy caller sees its worker end, and gives the slot back
        for _ in self._workers:
            try:
                self._slots.get(timeout=self._timeout_s).stop()
            except queue.Empty:
                return

    def warm(self) -> None:
        """Start one worker ahead of the first image; to be called aside, starting takes half a second."""
        self.call("ping", {}, [])


class _Worker:
    """One slot of the pool: a process, or none until the next job. Used by one thread at a time, but for kill()."""

    def __init__(self, memory_bytes: int, timeout_s: float) -> None:
        self._memory_bytes, self._timeout_s = memory_bytes, timeout_s
        self._process: subprocess.Popen[bytes] | None = None
        self._n_jobs = 0

    @property
    def is_running(self) -> bool:
        process = self._process
        return process is not None and process.poll() is None

    def exchange(self, parts: list[bytes], timeout_s: float) -> Message:
        """Send a message and wait for the answer; whatever goes wrong ends the process."""
        process = self._started()
        deadline = time.monotonic() + timeout_s
        try:
            for part in parts:
                _write(process, part, deadline)
            answer = unpack(lambda n_bytes: _read(process, n_bytes, deadline))
        except BrokenMessage:
            self.stop()
            raise Unrenderable("The image made its decoder fail") from None
        except TimeoutError:
            self.stop()
            raise Unrenderable("The image took too long to decode") from None
        except BaseException:
            self.stop()  # half a message is on its way: this process is of no more use
            raise
        self._n_jobs += 1
        if self._n_jobs >= _JOBS_PER_WORKER:
            self.stop()
        return answer

    def _started(self) -> subprocess.Popen[bytes]:
        process = self._process
        if process is not None and process.poll() is None:
            return process
        self.stop()
        environment = {name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ}
        environment.update(dict.fromkeys(_THREADS, "1"))
        command = [sys.executable, "-P", "-m", "lumenarc.imaging.worker"]
        limits = [str(self._memory_bytes), str(int(self._timeout_s * 2) + 1)]
        try:
            process = subprocess.Popen(
                command + limits,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
                bufsize=0,
            )
        except OSError as error:
            raise Unavailable("No decoding process can be started") from error
        assert process.stdin is not None and process.stdout is not None
        os.set_blocking(process.stdin.fileno(), False)
        os.set_blocking(process.stdout.fileno(), False)
        self._process, self._n_jobs = process, 0
        return process

    def kill(self) -> None:
        """End the process from another thread than the one that uses it: its pipes stay open."""
        process = self._process
        if process is not None:
            process.kill()

    def stop(self) -> None:
        """End the process and close its pipes; only for the thread that holds this slot."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()


def _wait(descriptor: int, event: int, deadline: float) -> None:
    left_ms = (deadline - time.monotonic()) * 1000
    poller = select.poll()
    poller.register(descriptor, event)
    if left_ms <= 0 or not poller.poll(left_ms):
        raise TimeoutError


def _write(process: subprocess.Popen[bytes], data: bytes, deadline: float) -> None:
    assert process.stdin is not None
    descriptor, view = process.stdin.fileno(), memoryview(data)
    while view:
        try:
            view = view[os.write(descriptor, view[:_PIPE_CHUNK]) :]
        except BlockingIOError:
            _wait(descriptor, select.POLLOUT, deadline)
        except (OSError, ValueError):
            raise BrokenMessage("worker ended") from None


def _read(process: subprocess.Popen[bytes], n_bytes: int, deadline: float) -> bytes:
    assert process.stdout is not None
    descriptor, parts, missing = process.stdout.fileno(), [], n_bytes
    while missing:
        try:
            part = os.read(descriptor, min(missing, _PIPE_CHUNK))
        except BlockingIOError:
            _wait(descriptor, select.POLLIN, deadline)
            continue
        except (OSError, ValueError):
            raise BrokenMessage("worker ended") from None
        if not part:
            raise BrokenMessage("worker ended")
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)
