"""Does the Chinese page know the server's sentences as the server says them (web/src/i18n/sentences.ts)?"""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
SENTENCES = ROOT / "web/src/i18n/sentences.ts"


def _texts() -> set[str]:
    """Return every text of the server's source, with {} for what is put in."""
    found = set()
    for path in (ROOT / "src/lumenarc").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
            elif isinstance(node, ast.JoinedStr):
                parts = (part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
                found.add("".join(map(str, parts)))
    return found


def test_every_translated_sentence_is_one_that_the_server_says() -> None:
    pairs = re.findall(r"^  \['(.*)', '(.*)'\],$", SENTENCES.read_text("utf-8"), re.M)
    assert len(pairs) > 80
    english = [json.loads('"' + one.replace('"', '\\"') + '"') for one, _chinese in pairs]
    assert sorted(set(english) - _texts() - {"Make an anonymised copy of a study"}) == []
    for one, chinese in pairs:
        assert set(re.findall(r"\{(\d)\}", chinese)) <= set(map(str, range(one.count("{}")))), one
        assert re.search("[一-鿿]", chinese), one
