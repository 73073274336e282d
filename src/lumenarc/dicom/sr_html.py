"""How does a structured report read as a page or as plain text? (PS3.3 A.35, C.17; PS3.18 8.7.4 rendered media types)

Everything in a report is a stranger's text: all of it is escaped, nothing of it becomes a link, a style or a script.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from lumenarc.dicom.lazy import LazySet
from lumenarc.errors import BadDataSet, NotAcceptable, Unrenderable

_MAX_ITEMS = 100_000
_MAX_HEADING = 6
_RELATIONS = {
    "HAS OBS CONTEXT": "context", "HAS ACQ CONTEXT": "context", "HAS CONCEPT MOD": "modifier",
    "HAS PROPERTIES": "", "CONTAINS": "", "INFERRED FROM": "inferred from", "SELECTED FROM": "selected from",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """One content item: how deep it lies, its concept, its value, whether it is a section."""

    depth: int
    concept: str
    value: str
    relation: str
    is_container: bool


def render_report(data: bytes, transfer_syntax_uid: str, media_type: str) -> str:
    """Write a structured report or key object selection as text/html or text/plain.

    Raises:
        Unrenderable: no report, or a broken one.
        NotAcceptable: another media type.
    """
    if media_type not in ("text/html", "text/plain"):
        raise NotAcceptable("Reports are rendered as text/html or text/plain")
    try:
        report = LazySet.of(data, transfer_syntax_uid)
        if not report.has_value(0x0040A040) and not report.has_value(0x0040A730):
            raise Unrenderable("The instance is no structured report")
        lines = list(_walk(report))
        facts = _facts(report)
    except BadDataSet as error:
        raise Unrenderable(f"The report cannot be read: {error}") from error
    title = _code(report, 0x0040A043) or "Report"
    return _as_html(title, facts, lines) if media_type == "text/html" else _as_text(title, facts, lines)


def encapsulated_document(instance: LazySet) -> tuple[str, bytes]:
    """Take the document out of an encapsulated PDF, CDA, STL, OBJ or MTL instance: media type, bytes (PS3.3 C.24.2).

    Raises:
        Unrenderable: there is no document, or of a type that is not handed on.
    """
    data = bytes(instance.raw(0x00420011))
    media_type = instance.ascii(0x00420012).lower()
    if not data:
        raise Unrenderable("The instance holds no document")
    if media_type not in ("application/pdf", "text/xml", "model/stl", "model/obj", "model/mtl"):
        raise Unrenderable("The document is of an unknown type")
    n_bytes = instance.integer(0x00420015, 0, "UL")
    if n_bytes in (len(data), len(data) - 1):
        return media_type, data[:n_bytes]
    return media_type, data[:-1] if data.endswith(b"\0") else data


def _facts(report: LazySet) -> list[tuple[str, str]]:
    observer = report.item(0x0040A073)
    found = [
        ("Patient", _name(report.text(0x00100010, "PN"))),
        ("Patient ID", report.text(0x00100020)),
        ("Birth date", _date(report.ascii(0x00100030))),
        ("Sex", report.ascii(0x00100040)),
        ("Study", " ".join(x for x in (_date(report.ascii(0x00080020)), report.text(0x00081030)) if x)),
        ("Accession number", report.text(0x00080050)),
        ("Institution", report.text(0x00080080)),
        ("Written", " ".join(x for x in (_date(report.ascii(0x00080023)), _time(report.ascii(0x00080033))) if x)),
        ("Status", ", ".join(x for x in (report.ascii(0x0040A491), report.ascii(0x0040A493)) if x).lower()),
        ("Verified by", _name(observer.text(0x0040A075, "PN")) if observer is not None else ""),
    ]
    return [(label, value) for label, value in found if value]


def _walk(report: LazySet) -> Iterator[Line]:
    pending = [(child, 1) for child in reversed(report.items(0x0040A730))]
    n_items = 0
    while pending:
        item, depth = pending.pop()
        n_items += 1
        if n_items > _MAX_ITEMS:
            raise Unrenderable("The report has too many items")
        kind = item.ascii(0x0040A040)
        relation = _RELATIONS.get(item.ascii(0x0040A010), "")
        yield Line(depth, _code(item, 0x0040A043), _value(item, kind), relation, kind == "CONTAINER")
        pending.extend((child, depth + 1) for child in reversed(item.items(0x0040A730)))


def _value(item: LazySet, kind: str) -> str:
    if kind == "TEXT":
        return item.text(0x0040A160, "UT")
    if kind == "NUM":
        return _measurement(item)
    if kind == "CODE":
        return _code(item, 0x0040A168)
    if kind == "PNAME":
        return _name(item.text(0x0040A123, "PN"))
    if kind == "DATE":
        return _date(item.ascii(0x0040A121))
    if kind == "TIME":
        return _time(item.ascii(0x0040A122))
    if kind == "DATETIME":
        stamp = item.ascii(0x0040A120)
        return " ".join(part for part in (_date(stamp[:8]), _time(stamp[8:])) if part)
    if kind == "UIDREF":
        return item.uid(0x0040A124)
    if kind in ("SCOORD", "SCOORD3D"):
        return f"{item.ascii(0x00700023).lower()} of {len(item.numbers(0x00700022, 'FL')) // 2} points"
    if kind in ("IMAGE", "COMPOSITE", "WAVEFORM"):
        return _reference(item)
    return item.ascii(0x0040DB73) if item.has_value(0x0040DB73) else ""


def _measurement(item: LazySet) -> str:
    measured = item.item(0x0040A300)
    if measured is None:
        return _code(item, 0x0040A301) or "no value"
    unit = measured.item(0x004008EA)
    code = unit.text(0x00080100) if unit is not None else ""
    return " ".join(part for part in (measured.ascii(0x0040A30A), "" if code == "1" else code) if part)


def _reference(item: LazySet) -> str:
    reference = item.item(0x00081199)
    if reference is None:
        return ""
    frames = reference.ascii(0x00081160)
    return reference.uid(0x00081155) + (f" frame {frames}" if frames else "")


def _code(item: LazySet, tag: int) -> str:
    code = item.item(tag)
    if code is None:
        return ""
    return code.text(0x00080104) or code.text(0x00080100) or code.text(0x00080119, "UC")


def _name(text: str) -> str:
    groups = [" ".join(part for part in group.split("^") if part) for group in text.split("=")]
    return " ".join(f"({group})" if index else group for index, group in enumerate(groups) if group)


def _date(text: str) -> str:
    return f"{text[:4]}-{text[4:6]}-{text[6:8]}" if len(text) == 8 and text.isdigit() else text


def _time(text: str) -> str:
    digits = text.split(".")[0]
    if not digits.isdigit() or len(digits) < 4:
        return text
    return ":".join(digits[place : place + 2] for place in range(0, min(len(digits), 6), 2))


def _as_html(title: str, facts: list[tuple[str, str]], lines: list[Line]) -> str:
    rows = "".join(f"<tr><th scope='row'>{escape(a)}</th><td>{escape(b)}</td></tr>" for a, b in facts)
    body = "".join(_html_lines(lines))
    return (
        '<!DOCTYPE html>\n<html><head><meta charset="utf-8">'
        f"<title>{escape(title)}</title></head><body><article class='report'><h1>{escape(title)}</h1>"
        f"<table class='facts'>{rows}</table>{body}</article></body></html>\n"
    )


def _html_lines(lines: list[Line]) -> Iterator[str]:
    for line in lines:
        concept, value = escape(line.concept), escape(line.value).replace("\n", "<br>").replace("\r", "")
        if line.is_container and concept:
            level = min(line.depth + 1, _MAX_HEADING)
            yield f"<h{level}>{concept}</h{level}>\n"
        elif concept or value:
            label = f"<b>{concept}</b>" + (f" <i>({line.relation})</i>" if line.relation else "")
            yield f"<p class='depth-{min(line.depth, 9)}'>{label}: {value}</p>\n"


def _as_text(title: str, facts: list[tuple[str, str]], lines: list[Line]) -> str:
    out = [title, "=" * len(title), *(f"{label}: {value}" for label, value in facts), ""]
    for line in lines:
        indent = "  " * (line.depth - 1)
        if line.is_container:
            out.append(f"{indent}{line.concept}" if line.concept else "")
        elif line.concept or line.value:
            value = line.value.replace("\r", "").replace("\n", f"\n{indent}  ")
            out.append(f"{indent}{line.concept}: {value}" if line.concept else f"{indent}{value}")
    return "\n".join(out) + "\n"
