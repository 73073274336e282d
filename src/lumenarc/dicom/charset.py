"""How text is decoded and encoded in every Specific Character Set (PS3.5 6.1, PS3.3 C.12.1.1.2, PS3.5 H, I, J, K).

Inside Lumenarc text is Unicode. Bytes that do not fit their character set never fail: they become U+FFFD.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

UTF8 = "ISO_IR 192"

# Defined term without code extensions → Python codec; the whole value is in that codec.
_SINGLE = {
    "": "ascii",
    "ISO_IR 6": "ascii",
    "ISO_IR 100": "iso8859-1",
    "ISO_IR 101": "iso8859-2",
    "ISO_IR 109": "iso8859-3",
    "ISO_IR 110": "iso8859-4",
    "ISO_IR 144": "iso8859-5",
    "ISO_IR 127": "iso8859-6",
    "ISO_IR 126": "iso8859-7",
    "ISO_IR 138": "iso8859-8",
    "ISO_IR 148": "iso8859-9",
    "ISO_IR 203": "iso8859-15",
    "ISO_IR 13": "shift_jis",
    "ISO_IR 166": "iso8859-11",
    "ISO_IR 192": "utf-8",
    "GB18030": "gb18030",
    "GBK": "gbk",
    # Seen in the wild
    "ISO_IR 58": "gb2312",
    "ISO 8859-1": "iso8859-1",
    "WINDOWS-1252": "cp1252",
    "UTF-8": "utf-8",
}
# Escape sequence (without ESC) → (codec, to G1): how bytes are decoded until the next escape (PS3.3 Tables C.12-3, -4).
_G0, _G1, _BOTH = 0, 1, 2
_ESCAPES: dict[bytes, tuple[str, int]] = {
    b"(B": ("ascii", _G0),
    b"-A": ("iso8859-1", _G1),
    b"-B": ("iso8859-2", _G1),
    b"-C": ("iso8859-3", _G1),
    b"-D": ("iso8859-4", _G1),
    b"-L": ("iso8859-5", _G1),
    b"-G": ("iso8859-6", _G1),
    b"-F": ("iso8859-7", _G1),
    b"-H": ("iso8859-8", _G1),
    b"-M": ("iso8859-9", _G1),
    b"-b": ("iso8859-15", _G1),
    b"-T": ("iso8859-11", _G1),
    b")I": ("shift_jis", _G1),
    b"(J": ("shift_jis", _G0),
    b"$B": ("iso2022_jp", _G0),
    b"$(D": ("iso2022_jp_2", _G0),
    b"$)C": ("euc_kr", _G1),
    b"$)A": ("gb2312", _G1),
}
# Extended defined term → (escape, codec) used when encoding and for the initial G1 of the first value.
_EXTENDED: dict[str, tuple[bytes, str]] = {
    "ISO 2022 IR 6": (b"(B", "ascii"),
    "ISO 2022 IR 100": (b"-A", "iso8859-1"),
    "ISO 2022 IR 101": (b"-B", "iso8859-2"),
    "ISO 2022 IR 109": (b"-C", "iso8859-3"),
    "ISO 2022 IR 110": (b"-D", "iso8859-4"),
    "ISO 2022 IR 144": (b"-L", "iso8859-5"),
    "ISO 2022 IR 127": (b"-G", "iso8859-6"),
    "ISO 2022 IR 126": (b"-F", "iso8859-7"),
    "ISO 2022 IR 138": (b"-H", "iso8859-8"),
    "ISO 2022 IR 148": (b"-M", "iso8859-9"),
    "ISO 2022 IR 203": (b"-b", "iso8859-15"),
    "ISO 2022 IR 166": (b"-T", "iso8859-11"),
    "ISO 2022 IR 13": (b")I", "shift_jis"),
    "ISO 2022 IR 87": (b"$B", "iso2022_jp"),
    "ISO 2022 IR 159": (b"$(D", "iso2022_jp_2"),
    "ISO 2022 IR 149": (b"$)C", "euc_kr"),
    "ISO 2022 IR 58": (b"$)A", "gb2312"),
}
DEFINED_TERMS: tuple[str, ...] = tuple(
    term for term in (*_SINGLE, *_EXTENDED) if term.startswith(("ISO_IR", "ISO 2022", "GB")) and term != "ISO_IR 58"
)
"""The defined terms of PS3.3 C.12.1.1.2; what is read beyond them is a courtesy to files that are wrong."""
_ESCAPE = re.compile(rb"\x1b(\$[()][A-D]|\$[A-B]|[(),\-.][A-Za-z])")
# Delimiters at which code extensions fall back to the first value (PS3.5 6.1.2.5.3).
_RESETS = {
    "PN": re.compile(rb"([\\^=\r\n\f\t])"),
    "": re.compile(rb"([\\\r\n\f\t])"),
    "TEXT": re.compile(rb"([\r\n\f\t])"),
}
_SINGLE_VALUE_VRS = frozenset(("LT", "ST", "UT"))


def normalise(charsets: Iterable[str]) -> tuple[str, ...]:
    """Return the defined terms as PS3.3 writes them; common misspellings are understood."""
    found = []
    for charset in charsets:
        term = charset.strip(" \0").upper().replace("ISO-IR", "ISO_IR").replace("ISO IR", "ISO_IR")
        term = (
            term.replace("ISO_2022 ", "ISO 2022 ")
            .replace("ISO 2022_IR", "ISO 2022 IR")
            .replace("ISO 2022-", "ISO 2022 ")
        )
        found.append(term)
    return tuple(found) or ("",)


def decode(raw: bytes, charsets: tuple[str, ...], vr: str) -> str:
    """Decode a text value; `charsets` are the values of (0008,0005), empty for none. Padding is kept.

    The backslash is a delimiter only where the VR allows several values, so a multi-byte character that contains its
    code is never cut when the value is decoded before it is split.
    """
    if raw.isascii() and b"\x1b" not in raw and (not charsets or charsets[0] != "ISO_IR 13"):
        return raw.decode("ascii")
    terms = normalise(charsets)
    first = terms[0]
    if b"\x1b" not in raw:
        codec = _SINGLE.get(first) or _EXTENDED.get(first, (b"", ""))[1]
        if not codec or (codec == "ascii" and not raw.isascii()):
            return _guess(raw, terms)
        if codec.startswith("iso2022"):
            codec = "ascii"
        return raw.decode(codec, "replace")
    return _decode_extended(raw, first, vr)


def _guess(raw: bytes, terms: tuple[str, ...]) -> str:
    """Decode bytes beyond ASCII that no character set explains: an extension's G1, UTF-8 when it fits, else Latin-1."""
    for term in terms[1:]:
        codec = _EXTENDED.get(term, (b"", ""))[1]
        if codec in ("euc_kr", "gb2312"):
            return raw.decode(codec, "replace")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("iso8859-1")


def _decode_extended(raw: bytes, first: str, vr: str) -> str:
    initial = _SINGLE.get(first) or _EXTENDED.get(first, (b"", "ascii"))[1]
    if initial.startswith("iso2022"):
        initial = "ascii"
    kind = "PN" if vr == "PN" else "TEXT" if vr in _SINGLE_VALUE_VRS else ""
    out: list[str] = []
    codec, multibyte = initial, False
    for piece in _pieces(raw):
        if _ESCAPE.fullmatch(piece):  # ESC followed by anything else is text like the rest
            match = _ESCAPES.get(piece[1:])
            if match is not None:
                codec = match[0] if match[1] != _G0 or match[0] != "ascii" else initial
                multibyte = match[0].startswith("iso2022")
                if multibyte:
                    codec = "escape:" + piece[1:].decode("ascii")
            continue
        if multibyte:
            out.append((b"\x1b" + codec[7:].encode("ascii") + piece + b"\x1b(B").decode("iso2022_jp_2", "replace"))
            continue
        for part in _RESETS[kind].split(piece):
            out.append(part.decode(codec, "replace"))
            if _RESETS[kind].fullmatch(part):
                codec = initial
    return "".join(out)


def _pieces(raw: bytes) -> Iterable[bytes]:
    position = 0
    for match in _ESCAPE.finditer(raw):
        if match.start() > position:
            yield raw[position : match.start()]
        yield match.group()
        position = match.end()
    if position < len(raw):
        yield raw[position:]


def encode(text: str, charset: str, vr: str = "LO") -> bytes:
    """Encode in a character set, with code extensions when `charset` has several values ("\\\\ISO 2022 IR 87").

    Raises UnicodeEncodeError when it cannot express the text; an unknown defined term is taken for UTF-8.
    """
    if text.isascii():
        return text.encode("ascii")
    terms = normalise(charset.split("\\"))
    if len(terms) == 1 and terms[0] not in _EXTENDED:
        if terms[0] == "ISO_IR 13":
            return _encode_extended(text, terms, vr)
        return text.encode(_SINGLE.get(terms[0], "utf-8"))
    return _encode_extended(text, terms, vr)


def _encode_extended(text: str, terms: tuple[str, ...], vr: str) -> bytes:
    """Encode with code extensions: the first term is active at the start and after each delimiter (6.1.2.5.3)."""
    first = terms[0]
    initial = _SINGLE.get(first) or _EXTENDED.get(first, (b"(B", "ascii"))[1]
    if initial.startswith("iso2022"):
        initial = "ascii"
    extensions = [_EXTENDED[term] for term in terms if term in _EXTENDED]
    back_to_g0 = b"\x1b(J" if initial == "shift_jis" else b"\x1b(B"
    delimiters = "\\^=\r\n\f\t" if vr == "PN" else "\r\n\f\t" if vr in _SINGLE_VALUE_VRS else "\\\r\n\f\t"
    out = bytearray()
    g0, g1 = b"(B", initial
    for index, character in enumerate(text):
        if character in delimiters or character.isascii():
            if g0 != b"(B":
                out += back_to_g0
                g0 = b"(B"
            out += character.encode("ascii")
            if character in delimiters:
                g1 = initial
            continue
        found = _single_byte(character, initial)
        if found is not None and g1 != initial:
            escape = next((seq for seq, codec in extensions if codec == initial), None)
            found = None if escape is None else found
            if escape is not None:
                out += b"\x1b" + escape
                g1 = initial
        if found is None:
            escape, codec, found = _extension(character, extensions, text, index)
            if codec.startswith("iso2022"):
                if g0 != escape:
                    out += b"\x1b" + escape
                    g0 = escape
            elif g1 != codec:
                out += b"\x1b" + escape
                g1 = codec
        out += found
    if g0 != b"(B":
        out += back_to_g0
    return bytes(out)


def _single_byte(character: str, codec: str) -> bytes | None:
    try:
        found = character.encode(codec)
    except UnicodeEncodeError:
        return None
    if found.isascii():
        return None  # the yen sign of JIS X 0201 is 5CH: whoever reads it takes it for the delimiter of values
    return found if len(found) == 1 or codec in ("euc_kr", "gb2312") else None


def _extension(character: str, extensions: list[tuple[bytes, str]], text: str, index: int) -> tuple[bytes, str, bytes]:
    """Return escape, codec and bytes of the first extension that has the character."""
    for escape, codec in extensions:
        if not codec.startswith("iso2022"):
            found = _single_byte(character, codec)
            if found is not None:
                return escape, codec, found
            continue
        try:
            whole = character.encode("iso2022_jp_2" if escape == b"$(D" else "iso2022_jp")
        except UnicodeEncodeError:
            continue
        if whole.startswith(b"\x1b" + escape):
            return escape, codec, whole[1 + len(escape) :].removesuffix(b"\x1b(B")
    raise UnicodeEncodeError("dicom", text, index, index + 1, "no given character set has it")


def choose(texts: Iterable[str], requested: str) -> str:
    """Return the defined terms to answer in: the requested ones when they express every text, else UTF-8.

    `requested` is the value of (0008,0005), several terms joined by a backslash; "" is the default repertoire.
    """
    every = list(texts)
    terms = normalise(requested.split("\\"))
    known = all(term in _SINGLE or term in _EXTENDED for term in terms)
    if all(text.isascii() for text in every):
        return requested if known else ""
    if not known or terms == ("",):
        return UTF8
    try:
        for text in every:
            encode(text, requested, "PN" if "^" in text or "=" in text else "LO")
    except UnicodeEncodeError:
        return UTF8
    return requested
