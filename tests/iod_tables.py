"""How are the tables of dicom/iod_tables.json.gz made? `python tests/iod_tables.py`, from the package highdicom (MIT).

highdicom carries PS3.3's modules and PS3.4's SOP classes in 22 MB of JSON; equal sub-trees stored once, they are 70 kB.
"""

from __future__ import annotations

import gzip
import json
from importlib.metadata import files
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parents[1] / "src" / "lumenarc" / "dicom" / "iod_tables.json.gz"


def _standard(name: str) -> Any:
    path = next(path for path in files("highdicom") or () if path.name == name and "_standard" in path.parts)
    return json.loads(Path(str(path.locate())).read_text("utf-8"))


def tables() -> bytes:
    """Return the file's content before compression."""
    known: dict[tuple[Any, ...], int] = {}
    nodes: list[tuple[Any, ...]] = []

    def interned(node: dict[str, Any]) -> int:
        items = tuple(
            (keyword, kind, interned(inside) if inside else -1) for keyword, (kind, inside) in sorted(node.items())
        )
        if items not in known:
            known[items] = len(nodes)
            nodes.append(items)
        return known[items]

    modules: dict[str, int] = {}
    for name, entries in sorted(_standard("module_attribute_map.json").items()):
        root: dict[str, Any] = {}
        for entry in entries:
            node = root
            for step in entry["path"]:
                node = node.setdefault(step, ["3", {}])[1]
            node.setdefault(entry["keyword"], [entry["type"], {}])[0] = entry["type"]
        modules[name] = interned(root)
    iods = {
        name: [[module["key"], module["usage"]] for module in parts]
        for name, parts in sorted(_standard("iod_module_map.json").items())
    }
    whole = {"sop": _standard("sop_class_iod_map.json"), "iods": iods, "modules": modules, "nodes": nodes}
    return json.dumps(whole, separators=(",", ":")).encode()


if __name__ == "__main__":
    TARGET.write_bytes(gzip.compress(tables(), 9, mtime=0))
