"""What does a caller ask for? Identifiers (PS3.4 C.4.1.1.3) and QIDO-RS parameters (PS3.18 8.3.4) become a Query."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo

from lumenarc.dicom.attributes import BY_TAG, COMPUTED, Level, level_of
from lumenarc.dicom.columns import fold
from lumenarc.dicom.dictionary import tag_of, vr_of
from lumenarc.dicom.key_values import matcher_of, strings
from lumenarc.dicom.query import Attributes, CombinedDateTime, Key, OneOf, Order, Query, Range, Universal
from lumenarc.dicom.time_zone import TIME_OF, moved, offset_zone
from lumenarc.errors import BadQuery

UNIQUE_KEYS = {
    Level.PATIENT: 0x00100020,
    Level.STUDY: 0x0020000D,
    Level.SERIES: 0x0020000E,
    Level.IMAGE: 0x00080018,
}
_MATCHED = frozenset((0x00080061, 0x00080062))  # computed, and yet keys
_NO_KEYS = frozenset({0x00080005, 0x00080052, 0x00080053, 0x00080054, 0x00080056, 0x00080201, 0x00083002})
_POINT = "%Y%m%d%H%M%S.%f"


@dataclass(frozen=True, slots=True)
class Negotiated:
    """The options of the Query/Retrieve extended negotiation that hold on an association (PS3.4 C.5.1.1.2)."""

    relational: bool = False
    combined_datetime: bool = False
    fuzzy: bool = False
    timezone: bool = False
    local: tzinfo | None = UTC
    """The zone of stored dates and times; None is that of this machine."""


def query_level(identifier: Attributes) -> Level:
    """Return the Query/Retrieve Level of an identifier; raise BadQuery when it is none."""
    value = strings(identifier.get("00080052", {}))
    try:
        return Level[value[0].strip()]
    except (IndexError, KeyError):
        raise BadQuery("The identifier has no valid Query/Retrieve Level.") from None


def from_identifier(
    identifier: Attributes,
    level: Level,
    negotiated: Negotiated,
    root: Level = Level.STUDY,
) -> Query:
    """Return the query that a C-FIND identifier means.

    Raises BadQuery when the level is not in the model, or a unique key above it is missing or no single value while
    no relational query was negotiated.
    """
    if level < root:
        raise BadQuery("The information model has no such Query/Retrieve Level.")
    keys: list[Key] = []
    returns: set[int] = set()
    for name, element in identifier.items():
        tag = int(name, 16)
        if tag in (0x00080005, 0x00080052, 0x00080053) or tag & 0xFFFF == 0:
            continue
        returns.add(tag)
        below = level_of(tag) > level
        if below and (tag not in BY_TAG or not negotiated.relational):
            continue
        if tag in _NO_KEYS or (tag in COMPUTED and tag not in _MATCHED):
            continue
        matcher = matcher_of(element.get("vr", "UN"), element, fuzzy=negotiated.fuzzy)
        if not isinstance(matcher, Universal):
            keys.append(Key(tag, element.get("vr", "UN"), matcher))
    if not negotiated.relational:
        _check_hierarchy(keys, level, root)
    offset = next(iter(strings(identifier.get("00080201", {}))), None) if negotiated.timezone else None
    kept, combined = combine(keys) if negotiated.combined_datetime or offset else (tuple(keys), ())
    if offset:
        there = offset_zone(offset)
        kept = tuple(_moved_key(key, there, negotiated.local) for key in kept)
        combined = tuple(_moved_pair(pair, there, negotiated.local) for pair in combined)
    return Query(level, kept, frozenset(returns), combined=combined, timezone_offset=offset)


def _check_hierarchy(keys: list[Key], level: Level, root: Level) -> None:
    given = {key.tag: key.matcher for key in keys}
    for above in Level:
        if not root <= above < level:
            continue
        matcher = given.get(UNIQUE_KEYS[above])
        if not isinstance(matcher, OneOf) or len(matcher.values) != 1:
            raise BadQuery(f"The unique key of the {above.name} level is missing or is not a single value.")


def combine(keys: list[Key]) -> tuple[tuple[Key, ...], tuple[CombinedDateTime, ...]]:
    """Join date and time keys that are both given into points in time (PS3.4 C.2.2.2.5.1)."""
    by_tag = {key.tag: key for key in keys}
    pairs: list[CombinedDateTime] = []
    used: set[int] = set()
    for date_tag, time_tag in TIME_OF.items():
        date, time = by_tag.get(date_tag), by_tag.get(time_tag)
        if date is None or time is None:
            continue
        if not isinstance(date.matcher, Range) or not isinstance(time.matcher, Range):
            continue
        low, high = date.matcher.low, date.matcher.high
        pairs.append(
            CombinedDateTime(
                date_tag,
                time_tag,
                None if low is None else low + (time.matcher.low or "000000.000000"),
                None if high is None else high + (time.matcher.high or "235959.999999"),
            )
        )
        used |= {date_tag, time_tag}
    return tuple(key for key in keys if key.tag not in used), tuple(pairs)


def _moved_pair(pair: CombinedDateTime, there: tzinfo, local: tzinfo | None) -> CombinedDateTime:
    """Bring a range of points in time from the caller's zone into that of the archive."""

    def moved_text(text: str | None) -> str | None:
        if text is None:
            return None
        try:
            return moved(datetime.strptime(text, _POINT), there, local).strftime(_POINT)
        except (ValueError, OverflowError):
            raise BadQuery("A date or time of the identifier does not exist.") from None

    return CombinedDateTime(pair.date_tag, pair.time_tag, moved_text(pair.low), moved_text(pair.high))


def _moved_key(key: Key, there: tzinfo, local: tzinfo | None) -> Key:
    """Move a lone time range by the difference of the zones in winter; a lone date has no time of day to move by."""
    if key.vr != "TM" or not isinstance(key.matcher, Range):
        return key

    def moved_text(text: str | None, default: str) -> str:
        when = datetime.strptime(f"20000102{text or default}", _POINT)
        return moved(when, there, local).strftime("%H%M%S.%f")

    moved_range = Range(moved_text(key.matcher.low, "000000.000000"), moved_text(key.matcher.high, "235959.999999"))
    return Key(key.tag, key.vr, moved_range)


# What QIDO-RS returns unasked, by level (PS3.18 Tables 10.6.3-3 to 10.6.3-5); of an instance only what its row has.
DEFAULT_RETURNS: dict[Level, frozenset[int]] = {
    Level.PATIENT: frozenset({0x00100010, 0x00100020, 0x00100021, 0x00100030, 0x00100040, 0x00201200}),
    Level.STUDY: frozenset(
        {0x00080020, 0x00080030, 0x00080050, 0x00080056, 0x00080061, 0x00080090, 0x00080201, 0x00100010}
        | {0x00100020, 0x00100030, 0x00100040, 0x0020000D, 0x00200010, 0x00201206, 0x00201208, 0x00081030}
    ),
    Level.SERIES: frozenset(
        {0x00080056, 0x00080060, 0x00080201, 0x0008103E, 0x0020000D, 0x0020000E, 0x00200011, 0x00201209}
        | {0x00400244, 0x00400245, 0x00400275}
    ),
    Level.IMAGE: frozenset(
        {0x00080016, 0x00080018, 0x00080056, 0x0020000D, 0x0020000E, 0x00200013, 0x00280010}
        | {0x00280011, 0x00280100, 0x00280008, 0x00083002}
    ),
}  # fmt: skip
_ORDERABLE = frozenset({0x00080061, 0x00201206, 0x00201208, 0x00201209})
_NOT_OURS = frozenset("accept charset access_token token".split())


@dataclass(slots=True)
class _Options:
    """What stands in QIDO parameters beside the keys."""

    fuzzy: bool = False
    include_all: bool = False
    include: set[int] = field(default_factory=set)
    order: list[Order] = field(default_factory=list)
    limit: int | None = None
    offset: int = 0
    words: list[str] = field(default_factory=list)

    def take(self, name: str, value: str) -> bool:
        """Read one parameter; False when it is a key."""
        if name == "fuzzymatching":
            self.fuzzy = value.lower() == "true"
        elif name == "includefield":
            for part in filter(None, re.split(r",|%2[Cc]", value)):
                self._include(part.strip())
        elif name == "orderby":
            for part in filter(None, value.split(",")):
                self.order.append(_order(part.strip()))
        elif name == "limit":
            self.limit = _natural(name, value)
        elif name == "offset":
            self.offset = _natural(name, value)
        elif name == "q":
            self.words.extend(word for word in re.split(r"[\s^=]+", fold(value)) if word)
        else:
            return name in _NOT_OURS or name in ("emptyvaluematching", "multiplevaluematching")
        return True

    def _include(self, name: str) -> None:
        if name == "all":
            self.include_all = True
        else:
            self.include.add(path_of(name)[0])


def from_qido(level: Level, uids: Mapping[str, str], params: Sequence[tuple[str, str]]) -> Query:
    """Return the query that a QIDO-RS request means (PS3.18 8.3.4).

    `uids` are the keys from the path, by keyword ("StudyInstanceUID"); `params` are decoded once.
    Raises BadQuery for an attribute or value that is none.
    """
    options = _Options()
    tree: Attributes = {}
    # The option has to be known before the keys that it changes.
    keys_given = [(name, value) for name, value in params if not options.take(name, value)]
    for name, value in [*uids.items(), *keys_given]:
        _plant(tree, path_of(name), value)
    keys: list[Key] = []
    returns = set(options.include)
    for name, element in tree.items():
        tag = int(name, 16)
        returns.add(tag)
        below = level_of(tag) > level
        if tag in _NO_KEYS or (tag in COMPUTED and tag not in _MATCHED) or (below and tag not in BY_TAG):
            continue
        matcher = matcher_of(element["vr"], element, fuzzy=options.fuzzy)
        if not isinstance(matcher, Universal):
            keys.append(Key(tag, element["vr"], matcher))
    for above in Level:
        # A search that does not name its study or series in the path returns those attributes too.
        if above <= level and (above is level or UNIQUE_KEYS[above] not in {tag_of(name) for name in uids}):
            returns |= DEFAULT_RETURNS[above] if above is not Level.PATIENT or level is Level.PATIENT else set()
    kept, combined = combine(keys)
    return Query(
        level,
        kept,
        frozenset(returns),
        options.include_all,
        combined,
        tuple(options.words),
        tuple(options.order),
        options.limit,
        options.offset,
    )


def not_matched(level: Level, params: Sequence[tuple[str, str]]) -> list[str]:
    """Return the names of keys with a value that a search on this level passes over, which PS3.18 wants said."""
    options = _Options()
    found = []
    for name, value in params:
        if value.strip("*") and not options.take(name, value):
            tag = path_of(name)[0]
            if (level_of(tag) > level and tag not in BY_TAG) or tag in _NO_KEYS or tag in COMPUTED.keys() - _MATCHED:
                found.append(name)
    return found


def path_of(name: str) -> list[int]:
    """Return the tags of an attribute path: keywords or hexadecimal tags with dots (PS3.18 8.3.4.1)."""
    tags = []
    for part in name.split("."):
        tag = int(part, 16) if re.fullmatch(r"[0-9A-Fa-f]{8}", part) else tag_of(part)
        if tag is None:
            raise BadQuery("A query parameter is no attribute.")
        tags.append(tag)
    return tags


def _plant(tree: Attributes, path: list[int], value: str) -> None:
    """Put a key into the identifier that the parameters amount to."""
    if len(path) > 8:
        raise BadQuery("An attribute path is too deep.")
    for tag in path[:-1]:
        if vr_of(tag) != "SQ":
            raise BadQuery("An attribute path leads through an attribute that is no sequence.")
        tree = tree.setdefault(f"{tag:08X}", {"vr": "SQ", "Value": [{}]})["Value"][0]
    vr = vr_of(path[-1])
    # Comma-separated and repeated values mean any of these; a name may hold a comma, and so may text.
    listed = vr in ("UI", "CS") or vr in ("IS", "US", "UL")
    values = re.split(r"[,\\]", value) if listed else [value] if vr == "PN" else value.split("\\")
    element = tree.setdefault(f"{path[-1]:08X}", {"vr": vr, "Value": []})
    if vr == "SQ" and value.strip():
        raise BadQuery("A sequence cannot be compared with text.")
    element["Value"].extend(part for part in values if vr != "SQ")


def _natural(name: str, value: str) -> int:
    if not re.fullmatch(r"[0-9]{1,12}", value.strip()):
        raise BadQuery(f"The parameter {name} is not a number of zero or more.")
    return int(value)


def _order(name: str) -> Order:
    tag = path_of(name.lstrip("+-"))[0]
    if tag not in BY_TAG and tag not in _ORDERABLE:
        raise BadQuery("The results cannot be ordered by this attribute.")
    return Order(tag, name.startswith("-"))
