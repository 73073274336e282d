"""How instances are stored at another application entity: C-STORE as SCU (PS3.4 B, PS3.7 9.1.1).

    instances = [from_file(path) for path in paths]
    with open_association(peer, proposals_for((inst.kind for inst in instances))) as assoc:
        for sent in send(assoc, instances):
            print(sent.instance.sop_instance_uid, sent.outcome.text)

Bytes leave as they lie: nothing is parsed but the File Meta, and nothing of an instance is kept in memory beyond one
chunk. Where the peer granted an asynchronous operations window, requests go out without waiting for each answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from lumenarc.dicom import part10
from lumenarc.dicom.header import DEFLATED, scan_prefix
from lumenarc.errors import BadDataSet
from lumenarc.peers.dimse import MAX_CONTEXTS, Outcome, Proposal
from lumenarc.protocol.dimse import commands, status
from lumenarc.protocol.dimse.messages import Chunk
from lumenarc.protocol.ul.negotiation import MAX_ASYNC_OPERATIONS, Context
from lumenarc.transport.association import Association, AssociationEnded

_CHUNK_BYTES = 1 << 20
# How much of a file is read to learn what it is: nearly always the first is enough.
_HEAD_BYTES, _META_BYTES = 4 << 10, 64 << 10
_NAMED_WITHIN_BYTES = (512, 2 << 10)
_OBJECT_TAGS = frozenset((_SOP_CLASS := 0x00080016, _SOP_INSTANCE := 0x00080018))


@dataclass(frozen=True, slots=True)
class Kind:
    """What decides about the presentation context of an instance."""

    sop_class_uid: str
    transfer_syntax_uid: str


@dataclass(frozen=True, slots=True)
class Instance:
    """One object to send; `chunks` opens its encoded data set (no preamble, no File Meta), and may be called again."""

    kind: Kind
    sop_instance_uid: str
    chunks: Callable[[], Iterable[Chunk]]


@dataclass(frozen=True, slots=True)
class Options:
    """How to send: the C-MOVE that it is for (AE title, message id), and the priority (0 medium, 1 high, 2 low)."""

    originator: tuple[str, int] | None = None
    priority: int = 0


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of one instance; `was_sent` is False when no context fitted or its bytes could not be read."""

    instance: Instance
    outcome: Outcome
    was_sent: bool = True


def from_file(path: Path) -> Instance:
    """Return a Part 10 file as an instance; reads only how it begins. Raises OSError, BadDataSet.

    What the data set says of itself counts: a File Meta that names another object is a mistake of who wrote the file.
    """
    meta, head = _beginning(path)
    class_uid, uid = meta.sop_class_uid, meta.sop_instance_uid
    if meta.transfer_syntax_uid not in DEFLATED:
        found: dict[int, bytes] = {}
        for n_bytes in _NAMED_WITHIN_BYTES:
            first = head[meta.header_bytes : meta.header_bytes + n_bytes]
            found = scan_prefix(first, meta.transfer_syntax_uid, _OBJECT_TAGS)
            if len(found) == len(_OBJECT_TAGS):
                break
        named = [found.get(tag, b"").decode("ascii", "replace").strip(" \0") for tag in (_SOP_CLASS, _SOP_INSTANCE)]
        class_uid, uid = named if all(named) else (class_uid, uid)
    if not class_uid or not uid:
        raise BadDataSet("The file does not name its object.")

    def chunks() -> Iterator[bytes]:
        with path.open("rb", buffering=0) as opened:
            opened.seek(meta.header_bytes)
            while chunk := opened.read(_CHUNK_BYTES):
                yield chunk

    return Instance(Kind(class_uid, meta.transfer_syntax_uid), uid, chunks)


def _beginning(path: Path) -> tuple[part10.Meta, memoryview]:
    """Return the File Meta of a file, and its first bytes, in which the data set begins."""
    with path.open("rb", buffering=0) as file:
        head = file.read(_HEAD_BYTES)
        if len(head) == _HEAD_BYTES:
            with suppress(BadDataSet):
                meta = part10.parse_meta(head)
                if meta.header_bytes + _NAMED_WITHIN_BYTES[-1] <= len(head):
                    return meta, memoryview(head)
            head += file.read(_META_BYTES - _HEAD_BYTES)
    return part10.parse_meta(head), memoryview(head)


def proposals_for(kinds: Iterable[Kind], fallback: tuple[str, ...] = ()) -> list[Proposal]:
    """Return what to propose for these kinds of instances: one context each, at most 128, the first ones first.

    With `fallback` each SOP class gets one context more with these transfer syntaxes, to transcode into.
    """
    wanted = list(dict.fromkeys(kinds))
    found: list[Proposal] = []
    classes: set[str] = set()
    for kind in wanted:
        more = [Proposal(kind.sop_class_uid, (kind.transfer_syntax_uid,))]
        others = tuple(uid for uid in fallback if uid != kind.transfer_syntax_uid)
        if others and kind.sop_class_uid not in classes:
            more.append(Proposal(kind.sop_class_uid, others))
        if len(found) + len(more) > MAX_CONTEXTS:
            break
        classes.add(kind.sop_class_uid)
        found += more
    return found


def context_for(assoc: Association, kind: Kind) -> Context | None:
    """Return the context in which this kind can be sent as it is, None when the peer takes no such thing."""
    for context in assoc.contexts.values():
        fits = context.abstract_syntax == kind.sop_class_uid and context.transfer_syntax == kind.transfer_syntax_uid
        if fits and context.we_scu:
            return context
    return None


def send(assoc: Association, instances: Iterable[Instance], options: Options | None = None) -> Iterator[Sent]:
    """Send instances and yield what became of each, in the order of the answers.

    An instance without a context, or whose bytes cannot be read, is yielded as failed and the next one is tried.
    Raises AssociationEnded; what was not yielded by then was not acknowledged.
    """
    pipeline = _Pipeline(assoc, options or Options())
    for instance in instances:
        while pipeline.is_full:
            yield pipeline.next_answer()
        failed = pipeline.begin(instance)
        if failed is not None:
            yield failed
    while pipeline.waiting:
        yield pipeline.next_answer()


class _Pipeline:
    """The stores of one association that are not answered yet."""

    def __init__(self, assoc: Association, options: Options) -> None:
        self._assoc, self._options = assoc, options
        # "Without limit" still means that somebody has to remember what is outstanding.
        self._window = min(assoc.partners.async_invoked or MAX_ASYNC_OPERATIONS, MAX_ASYNC_OPERATIONS)
        self.waiting: dict[int, Instance] = {}
        self._contexts = {
            Kind(context.abstract_syntax, context.transfer_syntax): context.id
            for context in reversed(assoc.contexts.values())
            if context.we_scu
        }

    @property
    def is_full(self) -> bool:
        return len(self.waiting) >= self._window

    def begin(self, instance: Instance) -> Sent | None:
        """Send one instance; return it as failed when it could not even be begun."""
        context_id = self._contexts.get(instance.kind)
        if context_id is None:
            text = "The peer does not take this SOP class in this transfer syntax."
            return Sent(instance, Outcome(status.SOP_CLASS_NOT_SUPPORTED, text), was_sent=False)
        chunks = iter(instance.chunks())
        try:
            first = next(chunks, b"")
        except (OSError, BadDataSet) as error:
            return Sent(instance, Outcome(status.PROCESSING_FAILURE, _reason(error)), was_sent=False)
        message_id = self._assoc.new_message_id()
        rq = commands.request(
            commands.C_STORE_RQ,
            message_id,
            instance.kind.sop_class_uid,
            data_set=True,
            sop_instance_uid=instance.sop_instance_uid,
            priority=self._options.priority,
            originator=self._options.originator,
        )
        self.waiting[message_id] = instance
        self._assoc.send(context_id, rq, _joined(first, chunks), soon=self._window > 1)
        return None

    def next_answer(self) -> Sent:
        """Wait for the next answer."""
        message = self._assoc.next_message(self._assoc.timeouts.dimse_s)
        if message is None:
            raise AssociationEnded("The peer closed the association before it answered.")
        rsp = message.command
        instance = self.waiting.pop(rsp.message_id, None)
        if instance is None or rsp.field != commands.C_STORE_RQ | commands.RESPONSE:
            self._assoc.abort()
            raise AssociationEnded(f"The peer sent {rsp.name}, which was not to be expected.")
        outcome = Outcome(
            rsp.status, rsp.error_comment, sop_instance_uid=rsp.sop_instance_uid, offending=rsp.offending_elements
        )
        return Sent(instance, outcome)


def _joined(first: Chunk, rest: Iterator[Chunk]) -> Iterator[Chunk]:
    yield first
    yield from rest


def _reason(error: Exception) -> str:
    return (error.strerror or "input/output error") if isinstance(error, OSError) else str(error)
