"""Does the command line find its tools, and are the generated pages and the log what the code says?"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from lumenarc.cli import GROUPS, TOOLS, main
from lumenarc.cli.docs import pages
from lumenarc.config import Settings

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", sorted(pages()))
def test_generated_page_is_fresh(name: str) -> None:
    assert (DOCS / name).read_text("utf-8") == pages()[name], "run `make docs`"


def test_settings_page_names_every_setting() -> None:
    page = pages()["settings.md"]
    assert [name for name in Settings.model_fields if f"| `{name}` |" not in page] == []


@pytest.mark.parametrize("name", [name for name, _, _ in TOOLS])
def test_every_tool_runs_its_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert callable(import_module({tool: module for tool, module, _ in TOOLS}[name]).run)
    with pytest.raises(SystemExit) as exit_:
        main([name, "--help"])
    assert exit_.value.code == 0
    assert f"lumenarc {name}" in capsys.readouterr().out.split("examples:")[1]


def test_no_tool_page_is_left_over() -> None:
    assert {path.stem for path in (DOCS / "tools").glob("*.md")} - {"README"} == {name for name, _, _ in TOOLS}


def test_starting_a_tool_imports_neither_the_server_nor_the_other_tools() -> None:
    code = (
        "import sys; from lumenarc.cli import find\n"
        "find('dcmdump').parser(); find('serve').parser()\n"
        "heavy = {'lumenarc.archive', "
        "'pydicom', 'numpy', 'sqlalchemy', 'starlette', 'pydantic', 'rich', 'lumenarc.app', 'lumenarc.cli.check'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


@pytest.mark.parametrize(("words", "code"), [([], 2), (["--help"], 0), (["nothing"], 2)])
def test_exit_code(words: list[str], code: int) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(words)
    assert exit_.value.code == code


def test_docs_writes_the_pages(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["docs", str(tmp_path)])
    assert exit_.value.code == 0
    assert {str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*.md")} == set(pages())


def _logged(style: str, statement: str) -> str:
    code = f"import logging, structlog; from lumenarc import log; log.configure('info', {style!r}); {statement}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == ""
    return done.stderr


def test_json_line_carries_the_bound_id_of_library_and_own_lines() -> None:
    statement = (
        "structlog.contextvars.bind_contextvars(association='a1');"
        "logging.getLogger('x').info('one');structlog.get_logger().warning('two', n=3);"
        "logging.getLogger('x').debug('no')"
    )
    one, two = (json.loads(line) for line in _logged("json", statement).splitlines())
    assert (one["event"], one["association"], one["level"]) == ("one", "a1", "info")
    assert (two["event"], two["association"], two["n"]) == ("two", "a1", 3)


FORGED = r"'EVIL\n2026 forged\x1b[2J'"


@pytest.mark.parametrize("style", ["json", "console"])
@pytest.mark.parametrize(
    "statement",
    [f"logging.getLogger('x').info('AE %s', {FORGED})", f"structlog.get_logger().info('rejected', aet={FORGED})"],
)
def test_text_from_a_peer_cannot_forge_a_line(style: str, statement: str) -> None:
    text = _logged(style, statement)
    assert len(text.splitlines()) == 1
    assert "forged" in text
    assert "\x1b" not in text


def test_sql_parameters_are_not_logged() -> None:
    statement = "logging.getLogger('sqlalchemy.engine').info('Doe^Jane')"
    assert _logged("console", statement) == ""


DCM4CHE = (
    "agfa2dcm agfa2sr dcm2dcm dcm2jpg dcm2json dcm2pdf dcm2str dcm2xml dcmassoc dcmbenchmark dcmdir "
    "dcmdump dcmldap dcmqrscp dcmvalidate deidentify emf2sf findscu fixlo2un getscu hl72xml hl7pdq hl7pix "
    "hl7rcv hl7snd ianscp ianscu jpg2dcm json2dcm json2index json2props json2rst maskpxdata mkkos "
    "modality movescu mppsscp mppsscu pdf2dcm planarconfig qstar stgcmtscu storescp storescu stowrs "
    "stowrsd swappxdata syslog syslogd tpl2xml upsscu wadors wadows xml2dcm xml2hl7 xroad"
).split()


def test_the_table_of_tools_is_whole_and_its_tests_are_there() -> None:
    text = (DOCS / "tools" / "README.md").read_text("utf-8")
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| ")]
    assert len(DCM4CHE) == 56
    assert set(DCM4CHE) <= {name.strip() for row in rows for name in row.split(",")}
    tests = Path(__file__).parents[1]
    for name in re.findall(r"(?:unit|conformance)/test_\w+\.py", text):
        assert (tests / name).is_file(), name
    named = set(re.findall(r"`(\w+)`", text))
    ours = {name for group, tools in GROUPS if group != "archive" for name, _, _ in tools}
    assert ours <= named
