"""`lumenarc bench`: how fast does an archive answer, take, find and give back? Measured from outside."""

from __future__ import annotations

import math
import secrets
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from lumenarc.cli.dimse_options import add_peer, peer_of
from lumenarc.cli.frame import Report, ToolParser
from lumenarc.errors import BadRequest

if TYPE_CHECKING:
    from lumenarc.dicom.query import Attributes
    from lumenarc.peers.dimse import Outcome, Peer
    from lumenarc.peers.sending import Instance
    from lumenarc.protocol.dimse.commands import Command
    from lumenarc.protocol.ul.negotiation import Context
    from lumenarc.transport.association import Association
    from lumenarc.transport.requests import Response

PARTS = ("echo", "store", "find", "retrieve")
_STUDY_FIND, _STUDY_GET = "1.2.840.10008.5.1.4.1.2.2.1", "1.2.840.10008.5.1.4.1.2.2.3"
_HEADS = ("what", "n", "failed", "seconds", "per second", "MB/s", "median ms", "95 % ms")


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "bench",
        "Measure an archive: C-ECHO, C-STORE of a made-up CT, C-FIND of it, C-GET of it. The study stays in the\n"
        "archive, under a Patient ID that begins with GEN; run it where that does no harm.",
        (
            "lumenarc bench -c LUMENARC@localhost:11112 -n 20",
            "lumenarc bench -c LUMENARC@localhost:11112 -n 16 --size 256 -j 2 --max-ops-invoked 8",
            "lumenarc bench -c LUMENARC@localhost:11112 -n 10 --only echo,store --json",
        ),
    )
    found.add_argument("-n", "--count", type=int, default=200, metavar="N", help="how many of each (default 200)")
    found.add_argument("--size", type=int, default=512, metavar="N", help="pixels a side, of 16 bits (default 512)")
    found.add_argument("-j", "--jobs", type=int, default=1, metavar="N", help="over N associations (default 1)")
    found.add_argument("--only", default=",".join(PARTS), metavar="PART,…", help=f"of {', '.join(PARTS)}")
    add_peer(found)
    found.add_speech()
    return found


def run(arguments: list[str]) -> int:
    """Measure, and print a line for each part."""
    options = parser().parse_args(arguments)
    options.tool = "bench"
    parts = options.only.split(",")
    if not set(parts) <= set(PARTS):
        raise BadRequest(f"The parts are {', '.join(PARTS)}.")
    if not (1 <= options.count <= 100_000 and 16 <= options.size <= 8192 and 1 <= options.jobs <= 64):
        raise BadRequest("This number of objects, pixels or associations makes no sense.")
    report = Report(options)
    objects = made(options.count, options.size) if set(parts) - {"echo"} else None
    if not report.json:
        report.result(_line(_HEADS), {})
    for part in (each for each in PARTS if each in parts):
        peer = peer_of(options)
        if objects is None or part == "echo":
            figures = echo(peer, options.jobs, options.count)
        elif part == "store":
            figures = store(peer, options.jobs, objects)
        elif part == "find":
            figures = find(peer, options.jobs, options.count, objects)
        else:
            figures = retrieve(peer, objects)
        report.result(_line((part, *figures.texts())), {"what": part, **figures.fields()})
        if figures.failures:
            report.problem(part, f"{len(figures.failures)} failed: {figures.failures[0]}")
        elif part == "retrieve" and "store" in parts and figures.n != options.count:
            report.problem(part, f"{figures.n} of {options.count} came back")
    return report.exit_code


@dataclass(slots=True)
class Figures:
    """What was measured of one part; times are of single requests, where they were waited for one by one."""

    n: int = 0
    n_bytes: int = 0
    seconds: float = 0.0
    times_s: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def add(self, outcome: Outcome, n_bytes: int = 0, time_s: float | None = None) -> None:
        """Count one request."""
        if not outcome.is_success:
            self.failures.append(outcome.text)
            return
        self.n += 1
        self.n_bytes += n_bytes
        if time_s is not None:
            self.times_s.append(time_s)

    def fields(self) -> dict[str, Any]:
        """Return what --json says."""
        found: dict[str, Any] = {"n": self.n, "failed": len(self.failures), "seconds": round(self.seconds, 4)}
        found["per_second"] = round(self.n / max(self.seconds, 1e-9), 2)
        found["mb_per_second"] = round(self.n_bytes / max(self.seconds, 1e-9) / 1e6, 2) if self.n_bytes else None
        ordered = sorted(self.times_s)
        for name, share in (("median_ms", 0.5), ("p95_ms", 0.95)):
            at = max(math.ceil(len(ordered) * share) - 1, 0)
            found[name] = round(ordered[at] * 1000, 3) if ordered else None
        return found

    def texts(self) -> Iterator[str]:
        """Return what people read."""
        for value in self.fields().values():
            yield "" if value is None else f"{value:.2f}" if isinstance(value, float) else str(value)


@dataclass(frozen=True, slots=True)
class Made:
    """The study that is sent, and what it is found by."""

    instances: list[Instance]
    sizes: dict[str, int]
    study_uid: str
    patient_id: str


def made(count: int, n_pixels: int) -> Made:
    """Make up a CT of `count` slices in memory, different in every run."""
    from lumenarc.dicom import part10
    from lumenarc.dicom.synthetic.kinds import BY_NAME
    from lumenarc.dicom.synthetic.study import Amount, made_up
    from lumenarc.dicom.synthetic.study import part10 as as_file
    from lumenarc.peers.sending import Instance, Kind

    kind = BY_NAME["ct"]
    study = made_up(secrets.randbits(31), 1, 1, kind.name, kind.descriptions)
    instances: list[Instance] = []
    sizes: dict[str, int] = {}
    for ds in kind.make(study, Amount(n_pixels, count)):
        file = memoryview(as_file(ds))
        meta = part10.parse_meta(file)
        data_set = file[meta.header_bytes :]
        sizes[meta.sop_instance_uid] = len(data_set)
        sent_as = Kind(meta.sop_class_uid, meta.transfer_syntax_uid)
        instances.append(Instance(sent_as, meta.sop_instance_uid, partial(_once, data_set)))
        if len(instances) == count:
            break
    return Made(instances, sizes, study.uid(""), study.person.patient_id)


def _once(data: memoryview) -> tuple[memoryview]:
    return (data,)


def _timed(jobs: int, work: Callable[[int, Figures], None]) -> Figures:
    """Run `work` in threads, each with figures of its own; return all together, with the time that passed."""
    each = [Figures() for _ in range(jobs)]
    begun = time.perf_counter()
    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(work, range(jobs), each))
    whole = Figures(seconds=time.perf_counter() - begun)
    for figures in each:
        whole.n += figures.n
        whole.n_bytes += figures.n_bytes
        whole.times_s += figures.times_s
        whole.failures += figures.failures
    return whole


def echo(peer: Peer, jobs: int, count: int) -> Figures:
    """Ask `count` times whether it is there."""
    from lumenarc.peers import dimse

    def work(number: int, figures: Figures) -> None:
        with dimse.open_association(peer, [dimse.Proposal(dimse.VERIFICATION)]) as assoc:
            for _ in range(number, count, jobs):
                begun = time.perf_counter()
                figures.add(dimse.echo(assoc), time_s=time.perf_counter() - begun)

    return _timed(jobs, work)


def store(peer: Peer, jobs: int, objects: Made) -> Figures:
    """Send the study."""
    from lumenarc.peers import dimse, sending

    def work(number: int, figures: Figures) -> None:
        own = objects.instances[number::jobs]
        with dimse.open_association(peer, sending.proposals_for(instance.kind for instance in own)) as assoc:
            for sent in sending.send(assoc, own):
                figures.add(sent.outcome, objects.sizes[sent.instance.sop_instance_uid])

    return _timed(min(jobs, len(objects.instances)), work)


def find(peer: Peer, jobs: int, count: int, objects: Made) -> Figures:
    """Search for the study, by its UID and by its patient in turn."""
    from lumenarc.peers import dimse

    keys: tuple[Attributes, ...] = (
        {"0020000D": {"vr": "UI", "Value": [objects.study_uid]}},
        {"00100020": {"vr": "LO", "Value": [objects.patient_id]}},
    )
    wanted: Attributes = {
        "00080052": {"vr": "CS", "Value": ["STUDY"]}, "00080020": {"vr": "DA"}, "00080061": {"vr": "CS"},
        "00100010": {"vr": "PN"}, "00100020": {"vr": "LO"}, "0020000D": {"vr": "UI"}, "00201208": {"vr": "IS"},
    }  # fmt: skip

    def work(number: int, figures: Figures) -> None:
        with dimse.open_association(peer, [dimse.Proposal(_STUDY_FIND)]) as assoc:
            for at in range(number, count, jobs):
                begun = time.perf_counter()
                outcome = dimse.find(assoc, _STUDY_FIND, wanted | keys[at % 2]).outcome()
                figures.add(outcome, time_s=time.perf_counter() - begun)

    return _timed(jobs, work)


def retrieve(peer: Peer, objects: Made) -> Figures:
    """Fetch the study by C-GET, once; what comes is counted and thrown away."""
    from lumenarc.peers import dimse, receiving
    from lumenarc.peers.sending import Kind

    wanted = {"00080052": {"vr": "CS", "Value": ["STUDY"]}, "0020000D": {"vr": "UI", "Value": [objects.study_uid]}}
    kinds: list[Kind] = list(dict.fromkeys(instance.kind for instance in objects.instances))

    def work(_number: int, figures: Figures) -> None:
        def begin(_assoc: Association, _context: Context, _rq: Command) -> _Counted:
            return _Counted(figures)

        storage = [receiving.receivable([kind.sop_class_uid], (kind.transfer_syntax_uid,)) for kind in kinds]
        proposals = [dimse.Proposal(_STUDY_GET), *(each for some in storage for each in some)]
        with dimse.open_association(peer, proposals) as assoc:
            outcome = receiving.get(assoc, _STUDY_GET, wanted, begin).outcome()
        if not outcome.is_success:
            figures.failures.append(outcome.text)

    return _timed(1, work)


class _Counted:
    """A sink that counts what comes."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures

    def write(self, data: memoryview) -> None:
        """Count the next bytes."""
        self._figures.n_bytes += len(data)

    def finish(self) -> Response:
        """Count the instance."""
        from lumenarc.transport.requests import Response

        self._figures.n += 1
        return Response(0)

    def abort(self) -> None:
        """Nothing was kept."""


def _line(texts: tuple[str, ...]) -> str:
    return f"{texts[0]:9}" + "".join(f"{text:>12}" for text in texts[1:])
