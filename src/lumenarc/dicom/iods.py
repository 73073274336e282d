"""Which modules and functional groups has an IOD, and which attributes have these? (PS3.3 A, C, as data)

The tables are made by tests/iod_tables.py; equal sub-trees are stored once, as nodes: lists of (keyword, type, node).
"""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

from lumenarc.dicom.dictionary import tag_of

SHARED_GROUPS, PER_FRAME_GROUPS = "52009229", "52009230"
Node = list[list[Any]]
"""One level of a module: keyword, type, and the number of the node inside (-1 for none)."""


@cache
def tables() -> dict[str, Any]:
    """Return the tables as they were made."""
    data = Path(__file__).with_name("iod_tables.json.gz").read_bytes()
    found: dict[str, Any] = json.loads(gzip.decompress(data))
    return found


def iod_names() -> tuple[str, ...]:
    """Return the IODs that are known."""
    return tuple(tables()["iods"])


def iod_of(sop_class_uid: str) -> str:
    """Return the IOD of a SOP class, "" when it is not in the tables."""
    return str(tables()["sop"].get(sop_class_uid, ""))


def modules_of(iod: str) -> list[tuple[str, str]]:
    """Return the modules of an IOD and their usage: M, C or U."""
    return [(module, usage) for module, usage in tables()["iods"][iod]]


def node_of(module: str) -> Node:
    """Return the attributes of a module; none when the tables have no such module."""
    number = tables()["modules"].get(module)
    return [] if number is None else inside(number)


def inside(number: int) -> Node:
    """Return a node by its number."""
    found: Node = tables()["nodes"][number]
    return found


@cache
def top_level(iod: str) -> dict[str, str]:
    """Return the attributes that the modules of an IOD have at the top level, as tags, with their strictest type.

    Attributes of modules that are not mandatory are of type 3 here.
    """
    found: dict[str, str] = {}
    for module, usage in modules_of(iod):
        for keyword, kind, _ in node_of(module):
            name = _name(keyword)
            found[name] = min(found.get(name, "3"), kind if usage == "M" else "3")
    return found


@cache
def functional_groups(iod: str) -> dict[str, dict[str, str]]:
    """Return the functional group macros of an IOD: tag of the sequence → tags in its items → their types."""
    found: dict[str, dict[str, str]] = {}
    for module, _ in modules_of(iod):
        for keyword, _, number in node_of(module):
            if keyword in ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"):
                for macro, _, items in inside(number):
                    level = inside(items) if items >= 0 else []
                    found[_name(macro)] = {_name(word): kind for word, kind, _ in level}
    return found


def _name(keyword: str) -> str:
    return f"{tag_of(keyword) or 0:08X}"
