"""Is everything that the program can do in its table, described, and tried by a test? (docs/architecture.md 1)"""

from __future__ import annotations

import ast
import re
from importlib import import_module
from pathlib import Path

import pytest

from lumenarc.cli import TOOLS
from lumenarc.dicom.sop_classes import BY_UID
from lumenarc.doors.dimse.server import VERBS
from lumenarc.doors.http.app import ROUTES
from lumenarc.doors.worker.tasks import TASKS
from lumenarc.protocol.dimse import commands

SOURCE = Path(__file__).parents[2] / "src" / "lumenarc"
TESTS = Path(__file__).parents[1]
TEST_TEXT = "\n".join(path.read_text("utf-8") for path in TESTS.rglob("*.py") if path.name != Path(__file__).name)
# What a client of another's calls when it tests this verb.
WORDS_OF = {
    commands.C_FIND_RQ: "findscu",
    commands.C_MOVE_RQ: "movescu",
    commands.C_GET_RQ: "getscu",
    commands.N_ACTION_RQ: "send_n_action",
    commands.N_CREATE_RQ: "send_n_create",
    commands.N_SET_RQ: "send_n_set",
    commands.N_GET_RQ: "send_n_get",
}


def names_defined(path: Path) -> set[str]:
    """Return the names that a module binds at its top."""
    targets: set[str] = set()
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            targets.add(node.name)
        elif isinstance(node, ast.Assign):
            targets.update(target.id for target in node.targets if isinstance(target, ast.Name))
    return targets


def modules_with(folder: str, *names: str) -> set[str]:
    """Return the modules of a folder that define all of these names."""
    return {
        f"lumenarc.{folder.replace('/', '.')}.{path.stem}"
        for path in (SOURCE / folder).glob("*.py")
        if set(names) <= names_defined(path)
    }


def test_every_tool_is_registered() -> None:
    assert modules_with("cli", "parser", "run") == {module for _name, module, _sentence in TOOLS}


def test_every_task_is_registered_and_described() -> None:
    for module in modules_with("doors/worker", "TASK"):
        task = import_module(module).TASK
        assert task in TASKS, f"{module} is not in TASKS"
        assert task.doc.endswith(".")


def test_every_route_is_registered_and_described() -> None:
    for module in modules_with("doors/http", "ENDPOINTS"):
        for endpoint in import_module(module).ENDPOINTS:
            assert endpoint in ROUTES, f"{endpoint.path} of {module} is not in ROUTES"
    assert [route.path for route in ROUTES if not route.doc.strip()] == []


@pytest.mark.parametrize("path", sorted({route.path for route in ROUTES}))
def test_every_route_is_asked_for_by_a_test(path: str) -> None:
    # The last fixed word of a path tells it well enough; "/studies/{study}" is told by the word before its UID.
    words = [word for word in re.split(r"/|\{[^}]*\}|,", path) if word]
    assert not words or words[-1] in TEST_TEXT


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: commands.NAMES[verb[0]])
def test_every_verb_knows_its_models_and_is_tried_by_others(verb: tuple[int, dict[str, object], object]) -> None:
    field, models, _answer = verb
    assert [uid for uid in models if uid not in BY_UID] == []
    assert WORDS_OF[field] in TEST_TEXT
