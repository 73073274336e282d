"""`lumenarc hl7map`: shows what HL7 v2 messages would do to an archive, without one (HL7 v2.8.1 3.3, 4.4, 4.22)."""

from __future__ import annotations

import json
from typing import Any

from lumenarc.cli import hl7snd
from lumenarc.cli.frame import Report, ToolParser, printable


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "hl7map",
        "Show what HL7 v2 messages would do to an archive: which patient they mean, what they change, merge,\n"
        "schedule or cancel, or why they would be refused. What only an archive knows (whether the order that is\n"
        "cancelled is there) is not judged.",
        (
            "lumenarc hl7map order.hl7",
            "lumenarc hl7map --json messages/",
            "lumenarc hl7map - < order.hl7",
        ),
    )
    found.add_argument("paths", nargs="*", metavar="FILE", help="files and folders of messages; - is standard input")
    found.add_argument("-@", "--files-from", metavar="LIST", help="read names from LIST, one a line; - is stdin")
    found.add_speech()
    return found


def run(arguments: list[str]) -> int:
    """Read the messages and say what each would do."""
    options = parser().parse_args(arguments)
    options.tool = "hl7map"
    report = Report(options)
    messages = hl7snd.messages(options, report)
    if not messages and not report.n_failed:
        report.problem("", "no message was given")
        return 2
    for name, data in messages:
        fields, refusal = effect(data)
        if refusal:
            report.problem(name, refusal)
            continue
        report.n_done += 1
        report.result("\n".join(_lines(name, fields)), {"file": name, **fields})
    return report.exit_code


def effect(data: bytes) -> tuple[dict[str, Any], str]:
    """Return what a message would do; or why it would be refused, with the code of its acknowledgement."""
    from lumenarc.doors.hl7 import adt
    from lumenarc.doors.hl7.answer import family_of
    from lumenarc.errors import LumenarcError
    from lumenarc.protocol.hl7.message import parse
    from lumenarc.protocol.hl7.mllp import BadFrame

    try:
        message = parse(data)
        family, _, refusal = family_of(message)
        if family is None:
            return {}, f"AR {refusal}"
        found: dict[str, Any] = {"type": "^".join(filter(None, message.kind))}
        found |= _patients(message) if family is adt.answer else _orders(message)
    except LumenarcError as error:
        return {}, f"{error.hl7_ack} {error}"
    except BadFrame as error:
        return {}, str(error)
    return found, ""


def _patients(message: Any) -> dict[str, Any]:
    """Return what a message of the family ADT does to patients."""
    from lumenarc.dicom.hl7_patient import id_attributes, prior_ids
    from lumenarc.doors.hl7 import adt

    trigger = message.kind[1]
    if trigger not in adt.MERGES:
        found = {"patients": [_patient(message)]}
        if trigger in adt.RENUMBERS:
            found["patients"][0]["renumbered_from"] = id_attributes(prior_ids(message)[:1])
        return found
    return {
        "patients": [
            {**_patient(part), "merged_from": id_attributes(prior_ids(part)[:1])} for part in adt.pairs(message)
        ]
    }


def _patient(message: Any) -> dict[str, Any]:
    from lumenarc.dicom.hl7_patient import demographics, id_attributes, patient_ids

    told = demographics(message)
    changes = id_attributes(patient_ids(message)) | {tag: entry for tag, entry in told.items() if entry}
    return {"set": changes, "removed": [tag for tag, entry in told.items() if not entry]}


def _orders(message: Any) -> dict[str, Any]:
    """Return what an order does: its patient, then every step."""
    from lumenarc.dicom.hl7_order import orders

    steps = [
        {
            "order": order.number, "state": order.state, "step": order.step_id or str(order.place),
            "StudyInstanceUID": order.study_uid, "AccessionNumber": order.accession,
            "set": order.attributes, "step_set": order.step,
        }
        for order in orders(message)
    ]  # fmt: skip
    return {"patients": [_patient(message)], "steps": steps}


def _lines(name: str, fields: dict[str, Any]) -> list[str]:
    """Write an effect for people."""
    found = [printable(f"{name}: {fields['type']}")]
    for patient in fields["patients"]:
        found.append("  patient")
        found += _attributes(patient["set"])
        found += [f"    {_keyword(tag)} is removed" for tag in patient["removed"]]
        for key, words in (("merged_from", "takes over what belongs to"), ("renumbered_from", "was known as")):
            if key in patient:
                found += [f"    {words}", *(f"  {line}" for line in _attributes(patient[key]))]
    for step in fields.get("steps", ()):
        words = f"  order {step['order']} step {step['step']}: {step['state']}, accession {step['AccessionNumber']}"
        found.append(printable(f"{words}, study {step['StudyInstanceUID'] or 'made up by the archive'}"))
        found += _attributes(step["set"] | step["step_set"])
    return found


def _attributes(attributes: dict[str, Any]) -> list[str]:
    found = []
    for tag, entry in sorted(attributes.items()):
        values = entry.get("Value", [])
        shown = "\\".join(one if isinstance(one, str) else json.dumps(one, ensure_ascii=False) for one in values)
        found.append(printable(f"    {_keyword(tag)} = {shown}"))
    return found


def _keyword(tag: str) -> str:
    from pydicom.datadict import keyword_for_tag

    return keyword_for_tag(int(tag, 16)) or tag
