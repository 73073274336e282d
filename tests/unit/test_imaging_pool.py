"""Do decoding workers answer, keep their limits, and die alone?"""

from __future__ import annotations

import os
import random
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from imagery import build_head, ramp

from lumenarc.dicom.codecs import EncodeOptions, encode
from lumenarc.dicom.lazy import LazySet
from lumenarc.dicom.pixels import shape_of
from lumenarc.dicom.recode import Recoding, recode_frame
from lumenarc.dicom.render import render_frame
from lumenarc.dicom.render_request import RenderRequest, Viewport
from lumenarc.errors import BadRequest, NotAcceptable, Unavailable, Unrenderable
from lumenarc.imaging.pool import ImagingPool, RenderJob

EXPLICIT = "1.2.840.10008.1.2.1"
JPEG_LS = "1.2.840.10008.1.2.4.80"


@pytest.fixture(scope="module")
def pool() -> Iterator[ImagingPool]:
    found = ImagingPool(n_workers=2, memory_bytes=1 << 30, timeout_s=20)
    yield found
    found.close()


def _job(media_type: str = "image/png") -> RenderJob:
    frame = ramp(16, 16, 12).tobytes()
    return RenderJob(build_head(16, 16, bits=12), EXPLICIT, ((0, frame),), RenderRequest(media_type=media_type))


def test_pool_starts_no_process_before_the_first_job() -> None:
    idle = ImagingPool(n_workers=2)
    assert idle.n_running == 0
    idle.close()


def test_pool_answers_as_the_function_does(pool: ImagingPool) -> None:
    job = _job()
    assert pool.render(job) == render_frame(job.head, EXPLICIT, job.frames[0][1], 0, job.request)


def test_pool_carries_every_field_of_the_request(pool: ImagingPool) -> None:
    job = _job()
    request = RenderRequest(viewport=Viewport(8, 8, 0, 0, -8, 8), annotations=("patient",), invert=True, bits=8)
    assert RenderRequest.from_dict(request.as_dict()) == request
    found = pool.render(RenderJob(job.head, EXPLICIT, job.frames, request))
    assert (found.width, found.height) == (8, 8)


def test_pool_raises_what_the_worker_raised(pool: ImagingPool) -> None:
    with pytest.raises(NotAcceptable):
        pool.render(_job("image/bmp"))
    bad = RenderJob(build_head(16, 16), EXPLICIT, ((0, bytes(256)),), RenderRequest(viewport=Viewport(0, 5)))
    with pytest.raises(BadRequest):
        pool.render(bad)


def test_pool_recodes_as_the_function_does(pool: ImagingPool) -> None:
    head = build_head(16, 16, bits=12)
    shape, frame = shape_of(LazySet.of(head, EXPLICIT)), ramp(16, 16, 12).tobytes()
    recoding = Recoding(EXPLICIT, JPEG_LS)
    assert pool.recode_frame(frame, 0, shape, recoding) == recode_frame(frame, 0, shape, recoding)


def test_killed_worker_costs_one_image_and_is_replaced() -> None:
    small = ImagingPool(n_workers=1, timeout_s=20)
    try:
        small.warm()
        worker = small._workers[0]
        first = worker._process
        assert first is not None
        os.kill(first.pid, signal.SIGSTOP)
        killer = threading.Timer(0.3, os.kill, (first.pid, signal.SIGKILL))
        killer.start()
        with pytest.raises(Unrenderable):
            small.render(_job())
        killer.join()
        assert small.render(_job()).width == 16
        assert worker._process is not first
    finally:
        small.close()


def test_worker_that_hangs_is_ended() -> None:
    small = ImagingPool(n_workers=1, timeout_s=1.5)
    try:
        small.warm()
        process = small._workers[0]._process
        assert process is not None
        os.kill(process.pid, signal.SIGSTOP)
        with pytest.raises(Unrenderable, match="too long"):
            small.render(_job())
        assert process.poll() is not None
    finally:
        small.close()


def test_memory_limit_turns_a_bomb_into_an_error() -> None:
    small = ImagingPool(n_workers=1, memory_bytes=700 << 20, timeout_s=20)
    try:
        small.warm()
        head = build_head(20000, 20000)
        with pytest.raises(Unrenderable):
            small.render(RenderJob(head, EXPLICIT, ((0, bytes(20000 * 20000)),)))
        assert small.render(_job()).width == 16
    finally:
        small.close()


def test_two_hundred_hostile_images_disturb_nobody(pool: ImagingPool) -> None:
    dice = random.Random(7)
    good = _job()
    expected = pool.render(good)
    uids = {"50": "image", "70": "image", "80": "image", "90": "image", "110": "image", "201": "image"}
    failed = 0
    for round_ in range(200):
        uid = "1.2.840.10008.1.2.4." + dice.choice(sorted(uids))
        data = bytearray(encode(ramp(32, 32, 8), uid, 8, EncodeOptions()))
        for _ in range(dice.randint(1, 40)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        head = bytearray(build_head(32, 32))
        if round_ % 3 == 0:
            head[dice.randrange(len(head))] = dice.randrange(256)
        try:
            pool.render(RenderJob(bytes(head), uid, ((0, bytes(data)),)))
        except (Unrenderable, BadRequest):
            failed += 1
        if round_ % 20 == 0:
            assert pool.render(good) == expected
    assert failed > 20
    assert pool.render(good) == expected


def test_many_threads_share_the_workers(pool: ImagingPool) -> None:
    job = _job()
    expected = pool.render(job)
    with ThreadPoolExecutor(8) as threads:
        assert all(found == expected for found in threads.map(lambda _: pool.render(job), range(40)))
    assert pool.n_running <= 2


def test_full_queue_and_closed_pool_refuse() -> None:
    small = ImagingPool(n_workers=1, max_waiting=0)
    with pytest.raises(Unavailable):
        small.render(_job())
    small.close()
    with pytest.raises(Unavailable):
        small.render(_job())
