"""Which instances does a retrieval mean? From the identifier of a C-MOVE or C-GET to stored rows (PS3.4 C.4.2.1.4, Y).

What is kept of a selection is eight bytes an instance; rows are read again in small groups when their turn comes, so
that neither the memory nor a database transaction grows with what somebody retrieves.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from lumenarc.archive import Archive
from lumenarc.dicom.attributes import Level
from lumenarc.dicom.frame_request import FrameRequest
from lumenarc.dicom.key_values import strings
from lumenarc.dicom.query import Attributes
from lumenarc.dicom.query_parse import UNIQUE_KEYS, query_level
from lumenarc.errors import BadQuery
from lumenarc.index import lookup
from lumenarc.index.lookup import StoredInstance as StoredInstance
from lumenarc.index.lookup import Uids
from lumenarc.peers.sending import Kind
from lumenarc.services import extract
from lumenarc.services.extract import Make

_AT_ONCE = 100
_ISSUER = "00100021"
_FIELDS = {
    Level.PATIENT: "patient_ids", Level.STUDY: "study_uids", Level.SERIES: "series_uids",
    Level.IMAGE: "sop_instance_uids",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Model:
    """The levels of a retrieve information model (PS3.4 C.6, Y.6, Z.6): those above `top` have no keys."""

    top: Level
    bottom: Level = Level.IMAGE


@dataclass(frozen=True, slots=True)
class Selection:
    """What is to be sent: rows by primary key in the order of sending, and which kinds of objects they are.

    `kinds` are the SOP classes and transfer syntaxes that occur, the most frequent first. `make` makes another object
    of each, None sends them whole.
    """

    pks: array[int] = field(default_factory=lambda: array("q"))
    kinds: tuple[Kind, ...] = ()
    make: Make | None = None

    def __len__(self) -> int:
        return len(self.pks)


@dataclass(frozen=True, slots=True)
class Vanished:
    """An instance that was selected and has been deleted since; `sop_instance_uid` is "" when nothing is left of it."""

    sop_instance_uid: str = ""


Row = StoredInstance | Vanished


def uids_of(identifier: Attributes, model: Model, *, relational: bool) -> Uids:
    """Return the unique keys of an identifier.

    Raises BadQuery when the level is not in the model, its key is missing, a key above it is missing (unless
    relational retrieval holds, PS3.4 C.4.2.2.2) or has several values, or a key has wildcards.
    """
    level = query_level(identifier)
    if not model.top <= level <= model.bottom:
        raise BadQuery("The information model has no such Query/Retrieve Level.")
    found: dict[str, tuple[str, ...]] = {}
    for each in Level:
        if not model.top <= each <= level:
            continue
        values = tuple(dict.fromkeys(value for value in strings(identifier.get(_name(each), {})) if value))
        if any("*" in value or "?" in value for value in values):
            raise BadQuery(f"The unique key of the {each.name} level is no single value.")
        if not values and (each is level or not relational):
            raise BadQuery(f"The unique key of the {each.name} level is missing.")
        if len(values) > 1 and (each is not level or each is Level.PATIENT):
            raise BadQuery(f"The unique key of the {each.name} level is no single value.")
        found[_FIELDS[each]] = values
    issuers = strings(identifier.get(_ISSUER, {})) if model.top is Level.PATIENT else []
    return Uids(**found, patient_issuers=tuple(issuer for issuer in issuers if issuer))


def select_frames(archive: Archive, uids: Uids, request: FrameRequest) -> Selection:
    """Return one instance of which frames are to be sent; raise BadFrameRequest when there are none to be sent."""
    chosen = select(archive, uids)
    for row in rows(archive, chosen):
        if isinstance(row, StoredInstance):
            extract.frame_numbers(archive, row, request)
    return replace(chosen, make=extract.frames(request))


def _name(level: Level) -> str:
    return f"{UNIQUE_KEYS[level]:08X}"


def select(archive: Archive, uids: Uids) -> Selection:
    """Return the live instances of these UIDs; none is no error."""
    pks = array("q")
    counts: dict[Kind, int] = {}
    with archive.index.read() as connection:
        for pk, sop_class_uid, transfer_syntax_uid in lookup.kinds(connection, uids):
            pks.append(pk)
            kind = Kind(sop_class_uid, transfer_syntax_uid)
            counts[kind] = counts.get(kind, 0) + 1
    return Selection(pks, tuple(sorted(counts, key=lambda kind: -counts[kind])))


def rows(archive: Archive, selection: Selection) -> Iterator[Row]:
    """Yield the instances of a selection in its order, one entry for each of its keys."""
    for at in range(0, len(selection), _AT_ONCE):
        wanted = selection.pks[at : at + _AT_ONCE]
        with archive.index.read() as connection:
            live = {inst.pk: inst for inst in lookup.by_pk(connection, wanted)}
            gone = lookup.uids_by_pk(connection, [pk for pk in wanted if pk not in live])
        for pk in wanted:
            yield live.get(pk) or Vanished(gone.get(pk, ""))
