"""Which instances do the named files hold? Their headers, for tools that tell others about instances."""

from __future__ import annotations

import argparse
import uuid
from typing import Any

from lumenarc.cli import files
from lumenarc.cli.files import Missing
from lumenarc.cli.frame import Report
from lumenarc.dicom.query import Attributes
from lumenarc.errors import BadRequest, LumenarcError

SOP_CLASS, SOP_INSTANCE, STUDY, SERIES = "00080016", "00080018", "0020000D", "0020000E"


def headers(options: argparse.Namespace, report: Report) -> list[Attributes]:
    """Return the attributes of every file that names its object, study and series; report the others."""
    from lumenarc.cli.part10_file import header_attributes

    found: list[Attributes] = []
    for path in files.find(files.names(options)):
        if isinstance(path, Missing):
            report.problem(path.name, path.reason)
            continue
        try:
            attributes = header_attributes(path)
            if not all(first(attributes, name) for name in (SOP_CLASS, SOP_INSTANCE, STUDY, SERIES)):
                raise BadRequest("it has no SOP class and no UIDs")
            found.append(attributes)
        except OSError as error:
            report.problem(str(path), error.strerror or str(error))
        except LumenarcError as error:
            report.problem(str(path), str(error))
    if not found and not report.n_failed:
        report.problem("", "no file was given")
    return found


def by(name: str, instances: list[Attributes]) -> dict[str, list[Attributes]]:
    """Group instances by the value of an attribute, in the order of their coming."""
    found: dict[str, list[Attributes]] = {}
    for attributes in instances:
        found.setdefault(str(first(attributes, name)), []).append(attributes)
    return found


def first(attributes: Attributes, name: str) -> Any:
    """Return the first value of an attribute, "" for none."""
    return (attributes.get(name, {}).get("Value") or [""])[0] or ""


def entry(vr: str, *values: Any) -> dict[str, Any]:
    """Return an entry of the JSON model; an empty first value makes an empty one."""
    return {"vr": vr, "Value": list(values)} if values and values[0] not in ("", None) else {"vr": vr}


def reference(attributes: Attributes) -> Attributes:
    """Return the item that refers to an instance (PS3.3 Table 10-11)."""
    return {
        "00081150": entry("UI", first(attributes, SOP_CLASS)),
        "00081155": entry("UI", first(attributes, SOP_INSTANCE)),
    }


def derived_uid(uid: str, what: str) -> str:
    """Return a UID made of another one: the same each time, so that doing a thing twice makes the same objects."""
    return f"2.25.{uuid.uuid5(uuid.NAMESPACE_OID, f'{uid} {what}').int}"
