"""What does an HL7 v2 message say? Segments, fields, components as text, escapes resolved (HL7 v2.8.1 Chapter 2).

    MSH|^~\\&|…      the five delimiters stand in the first segment: field | component ^ repetition ~ escape \\ sub &
    PID|1||4711^^^HOSP~123^^^NAT||Doe&van^Jane
        field 3 has two repetitions of four components; field 5's first component has two subcomponents

Fields are numbered as the standard does: MSH-1 is the separator itself. Nothing here fails on strange content: what is
not there reads as "".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lumenarc.protocol.hl7.mllp import BadFrame, header

NULL = '""'
"""The value that means: delete what you have."""
MAX_SEGMENTS = 10_000
MAX_REPETITIONS = 64
# HL7 table 0211 → Python's codecs.
_CODECS = {
    "": "utf-8",
    "ASCII": "ascii",
    "8859/1": "iso8859-1",
    "8859/2": "iso8859-2",
    "8859/3": "iso8859-3",
    "8859/4": "iso8859-4",
    "8859/5": "iso8859-5",
    "8859/6": "iso8859-6",
    "8859/7": "iso8859-7",
    "8859/8": "iso8859-8",
    "8859/9": "iso8859-9",
    "8859/15": "iso8859-15",
    "ISO IR6": "ascii",
    "ISO IR13": "shift_jis",
    "ISO IR14": "iso2022_jp_2",
    "ISO IR87": "iso2022_jp_2",
    "ISO IR159": "iso2022_jp_2",
    "GB 18030-2000": "gb18030",
    "KS X 1001": "euc_kr",
    "CNS 11643-1992": "euc_tw",
    "BIG-5": "big5",
    "UNICODE": "utf-8",
    "UNICODE UTF-8": "utf-8",
    "UNICODE UTF-16": "utf-16",
}
_ESCAPE = re.compile(r"[A-Za-z.][^\\\r]*")


@dataclass(frozen=True, slots=True)
class Delimiters:
    """The characters that take a message apart."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    sub: str = "&"

    @classmethod
    def of(cls, message: str) -> Delimiters:
        """Read them from MSH-1 and MSH-2; those that are missing are the usual ones."""
        separator = message[3:4] or "|"
        given = message[4:].split(separator, 1)[0][:4]
        usual = "^~\\&"
        return cls(separator, *(given[n] if n < len(given) else usual[n] for n in range(4)))

    def unescaped(self, text: str) -> str:
        """Resolve the escape sequences (2.7); one that is not known is left out, as the standard wants."""
        if self.escape not in text:
            return text
        parts = text.split(self.escape)
        found = [parts[0]]
        at = 1
        while at < len(parts):
            if at + 1 < len(parts) and _ESCAPE.fullmatch(parts[at]):
                found += [self._meaning(parts[at]), parts[at + 1]]
                at += 2
            else:  # a lone escape character is itself
                found += [self.escape, parts[at]]
                at += 1
        return "".join(found)

    def _meaning(self, code: str) -> str:
        known = {"F": self.field, "S": self.component, "R": self.repetition, "E": self.escape, "T": self.sub,
                 ".br": "\n", ".sp": "\n"}  # fmt: skip
        if code in known:
            return known[code]
        if re.fullmatch(r"X([0-9A-Fa-f]{2})+", code):
            return bytes.fromhex(code[1:]).decode("latin-1")
        return ""

    def escaped(self, text: str) -> str:
        """Write text so that it cannot be taken for structure; line breaks become those of formatted text."""
        for character, code in ((self.escape, "E"), (self.field, "F"), (self.component, "S"), (self.repetition, "R"),
                                (self.sub, "T")):  # fmt: skip
            text = text.replace(
                character, f"\0{code}\0" if character == self.escape else f"{self.escape}{code}{self.escape}"
            )
        text = text.replace("\0E\0", f"{self.escape}E{self.escape}")
        return re.sub(r"\r\n?|\n", lambda _: f"{self.escape}.br{self.escape}", text)


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment; `fields` are raw texts, its name first, so that `fields[n]` is field n (MSH: shifted by one)."""

    delimiters: Delimiters
    fields: tuple[str, ...]

    @property
    def name(self) -> str:
        """Its three letters."""
        return self.fields[0]

    def raw(self, number: int) -> str:
        """Return a whole field as it was written."""
        return self.fields[number] if 0 <= number < len(self.fields) else ""

    def n_repetitions(self, number: int) -> int:
        """Return how often a field is repeated, 0 for an empty one; at most MAX_REPETITIONS are looked at."""
        raw = self.raw(number)
        return min(raw.count(self.delimiters.repetition) + 1, MAX_REPETITIONS) if raw else 0

    def components(self, number: int, repetition: int = 0) -> list[str]:
        """Return the components of a repetition (from 0) as they were written, the first hundred of them."""
        found = self.raw(number).split(self.delimiters.repetition, repetition + 1)
        return found[repetition].split(self.delimiters.component, 100)[:100] if repetition < len(found) else []

    def get(self, number: int, component: int = 1, sub: int = 1, repetition: int = 0) -> str:
        """Return a subcomponent as text, "" when it is not there; components and subcomponents count from 1."""
        parts = self.components(number, repetition)
        if component > len(parts):
            return ""
        subs = parts[component - 1].split(self.delimiters.sub, sub)
        return self.delimiters.unescaped(subs[sub - 1]).strip() if sub <= len(subs) else ""

    def is_null(self, number: int) -> bool:
        """Say whether a field asks for its value to be deleted."""
        return self.raw(number) == NULL


@dataclass(frozen=True, slots=True)
class Message:
    """A whole message; `charset` is the codec it was read with."""

    delimiters: Delimiters
    segments: tuple[Segment, ...]
    charset: str

    def all(self, name: str) -> Iterator[Segment]:
        """Yield the segments of a name."""
        return (segment for segment in self.segments if segment.name == name)

    def first(self, name: str) -> Segment | None:
        """Return the first segment of a name."""
        return next(self.all(name), None)

    @property
    def kind(self) -> tuple[str, str]:
        """Message code and trigger event, from MSH-9."""
        msh = self.segments[0]
        return msh.get(9, 1), msh.get(9, 2)


def parse(data: bytes) -> Message:
    """Read a message. Raises BadFrame when it does not begin with MSH, or has too many segments."""
    charset = charset_of(data)
    text = data.decode(charset, "replace")
    delimiters = Delimiters.of(text)
    lines = [line for line in re.split(r"\r\n|\r|\n", text) if line]
    if len(lines) > MAX_SEGMENTS:
        raise BadFrame("The message has too many segments.")
    segments = []
    for number, line in enumerate(lines):
        fields = line.split(delimiters.field)
        if number == 0:
            fields.insert(1, delimiters.field)
        segments.append(Segment(delimiters, tuple(fields)))
    return Message(delimiters, tuple(segments), charset)


def charset_of(data: bytes) -> str:
    """Return the codec of a message, from MSH-18; raise BadFrame when there is no MSH.

    Many senders say Latin-1, or nothing, and write UTF-8: text that is valid UTF-8 is hardly ever anything else.
    """
    declared = header(data).charset.split("~")[0].strip().upper()
    codec = _CODECS.get(declared, "utf-8")
    if codec in ("utf-8", "ascii", "iso8859-1", "iso8859-15"):
        try:
            data.decode("utf-8")
        except UnicodeDecodeError:
            return codec if codec.startswith("iso") else "iso8859-1"
        return "utf-8"
    return codec
