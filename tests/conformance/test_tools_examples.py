"""Does every example that a tool's help ends with run, as it stands there? (in a folder that has the files it names)"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import PIL.Image
import pytest
from broken_files import with_wrapped_lengths
from corpus import PYDICOM_FILES
from multiframe import enhanced_mr

import pix_peer
import ups_peer
from archive_content import register
from dicom_peers import orthanc
from lumenarc import cli
from lumenarc.cli import manual
from served import serve
from tools import PROGRAM, run, serving, worklist_item

pytestmark = pytest.mark.conformance
FILES = PYDICOM_FILES / "test_files"
SERVERS = frozenset(name for title, tools in cli.GROUPS for name, _, _ in tools if "servers" in title) | {
    "serve",
    "hl7rcv",
    "syslogd",
}
# The archive would have to know the destination; Orthanc, which does, stands in for it.
BY_ORTHANC = frozenset(("movescu",))
EXAMPLES = [(name, example) for _, name, parser in manual.parsers() for example in parser.examples]


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, int]]:
    """Run the archive, Orthanc and a receiver; give their ports."""
    root = tmp_path_factory.mktemp("peers")
    served = serve(root / "archive")
    steps, items = ups_peer.Worklist(), ups_peer.Worklist()
    steps.add("1.2.3.4")
    items.add("1.2.3.4")
    with (
        pix_peer.index() as (pix, _),
        ups_peer.scp(steps) as ups,
        ups_peer.web(items) as ups_rs,
        serving("wlmscp", "-b", "0", "--directory", worklist(root / "worklist")) as mwl,
        serving("storescp", "-b", "0", "--directory", root / "moved") as destination,
        orthanc(root / "orthanc", {"STORESCP": ("127.0.0.1", destination.port)}) as other,
        serving("stgcmtscp", "-b", "0", "--directory", root / "held") as stgcmt,
        serving("mppsscp", "-b", "0", "--directory", root / "steps") as mpps,
        serving("hl7rcv", "-b", "127.0.0.1:0", "--ignore") as hl7,
        serving("syslogd", "-b", "127.0.0.1:0", "--ignore") as audit,
        serving("ianscp", "-b", "0", "--directory", root / "notes") as ian,
        serving("printscp", "-b", "0", "--dpi", "50", "--directory", root / "films") as films,
    ):
        named = ("-s", "StudyInstanceUID=1.2.3", "-s", "PatientID=4711")
        held = ("-c", f"STGCMTSCP@localhost:{stgcmt.port}")
        assert run("storescu", *held, FILES / "CT_small.dcm", FILES / "SC_rgb_rle.dcm").code == 0
        there = ("-c", f"ORTHANC@localhost:{other.port}")
        assert run("storescu", *there, *named, FILES / "CT_small.dcm").code == 0
        known = ("-s", "StudyInstanceUID=1.2.3", "-s", "SeriesInstanceUID=1.2.3.1", "-s", "SOPInstanceUID=1.2.3.1.1")
        ours = ("-c", f"LUMENARC@localhost:{served.dicom_port}")
        assert run("storescu", *ours, *known, FILES / "CT_small.dcm").code == 0
        register(served, "WORKSTATION", destination.port)
        http = int(served.http.rstrip("/").rpartition(":")[2])
        yield {
            "archive": served.dicom_port,
            "orthanc": other.port,
            "http": http,
            "11116": stgcmt.port,
            "11118": mpps.port,
            "11119": ian.port,
            "11120": films.port,
            "11121": ups.port,
            "11123": mwl.port,
            "8081": ups_rs.port,
            "2575": hl7.port,
            "2576": pix,
            "6514": audit.port,
        }
    served.stop()


def worklist(folder: Path) -> Path:
    """Make a worklist of one item."""
    folder.mkdir()
    (folder / "one.json").write_text(json.dumps(worklist_item(1, "CT")))
    return folder


@pytest.fixture
def folder(tmp_path: Path, template: Path) -> Path:
    """Give a copy of the folder with the files that the examples name."""
    return Path(shutil.copytree(template, tmp_path / "here"))


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder with the files that the examples name, and a program called lumenarc."""
    tmp_path = tmp_path_factory.mktemp("template")
    shutil.copy(FILES / "CT_small.dcm", tmp_path / "image.dcm")
    shutil.copy(FILES / "MR_small.dcm", tmp_path / "other.dcm")
    PIL.Image.new("RGB", (64, 48), (200, 30, 90)).save(tmp_path / "photo.jpg")
    enhanced_mr(tmp_path / "enhanced.dcm")
    with_wrapped_lengths(tmp_path / "corrupted.dcm", 70_000)
    (tmp_path / "report.pdf").write_bytes(b"%PDF-1.4 " + bytes(range(256)))
    assert run("pdf2dcm", tmp_path / "report.pdf", tmp_path / "encapsulated.dcm").code == 0
    (tmp_path / "cd").mkdir()
    assert run("dcmdir", "-c", tmp_path / "cd" / "DICOMDIR", "--copy", tmp_path / "image.dcm").code == 0
    shutil.copy(FILES / "examples_ybr_color.dcm", tmp_path / "ultrasound.dcm")
    shutil.copytree(FILES / "dicomdirtests" / "77654033" / "CT2", tmp_path / "series")
    (tmp_path / "study").mkdir()
    shutil.copy(FILES / "CT_small.dcm", tmp_path / "study" / "one.dcm")
    shutil.copy(FILES / "SC_rgb_rle.dcm", tmp_path / "study" / "two.dcm")
    assert run("dcm2json", "-b", "-o", tmp_path / "image.json", tmp_path / "image.dcm").code == 0
    assert run("dcm2xml", "-b", "-o", tmp_path / "image.xml", tmp_path / "image.dcm").code == 0
    (tmp_path / "changes.json").write_text('{"00100020": {"vr": "LO", "Value": ["4711"]}}')
    changes = '<NativeDicomModel><DicomAttribute tag="00100020" vr="LO"/></NativeDicomModel>'
    (tmp_path / "changes.xml").write_text(changes)
    (tmp_path / "lumenarc.toml").write_text('aet = "LUMENARC"\n')
    (tmp_path / "password.txt").write_text("correct horse\n")
    message = "MSH|^~\\&|APP|FAC|RCV|HOSP|20260101||ORM^O01|1|P|2.5\rPID|||4711\rORC|NW|1\r"
    (tmp_path / "order.hl7").write_text(message)
    (tmp_path / "messages").mkdir()
    (tmp_path / "messages" / "one.hl7").write_text(message)
    assert run("import", "--data", tmp_path / "archive", tmp_path / "image.dcm", tmp_path / "other.dcm").code == 0
    assert run("backup", tmp_path / "backup", "--data", tmp_path / "archive").code == 0
    chief = ("user", "add", "chief", "--role", "administrator", "--data", tmp_path / "archive")
    assert run(*chief, stdin=b"correct horse\n").code == 0
    (tmp_path / "audit.xml").write_text("<AuditMessage/>")
    program = tmp_path / "bin" / "lumenarc"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {shlex.join(PROGRAM)} "$@"\n')
    program.chmod(0o755)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "example"), EXAMPLES, ids=[f"{name}-{n % 3 + 1}" for n, (name, _) in enumerate(EXAMPLES)]
)
def test_example_runs(
    name: str, example: str, folder: Path, ports: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shlex.split(example.partition(f"lumenarc {name}")[1]) == ["lumenarc", name]
    if name in SERVERS:
        serves(name, example, folder)
        return
    port = ports["orthanc" if name in BY_ORTHANC else "archive"]
    text = example.replace("localhost:11112", f"localhost:{port}").replace(
        "localhost:8080", f"localhost:{ports['http']}"
    )
    text = text.replace("--listen 11117", "--listen 0")
    for known in ("11116", "11118", "11119", "11120", "11121", "11123", "8081", "2575", "2576", "6514"):
        text = text.replace(f"localhost:{known}", f"localhost:{ports[known]}")
    if name in BY_ORTHANC:
        text = text.replace("LUMENARC@", "ORTHANC@")
    if not set("|<>$*'") & set(text):  # nothing for a shell to do: no process of its own
        monkeypatch.chdir(folder)
        with pytest.raises(SystemExit) as exit_:
            cli.main(shlex.split(text)[1:])
        assert exit_.value.code == 0
        return
    environment = {**os.environ, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {text}"], cwd=folder, env=environment, capture_output=True, timeout=60
    )
    assert done.returncode == 0, done.stderr.decode()


def serves(name: str, example: str, folder: Path) -> None:
    """Run the example of a server until it is ready, and end it; it gets ports that are free."""
    words = shlex.split(example)[2:]
    if name == "serve":
        words = [*words, "--dicom-port", "0", "--http-port", "0", "--hl7-port", "0"]
        process = subprocess.Popen([*PROGRAM, name, *words], stdout=subprocess.PIPE, text=True, cwd=folder)
        assert process.stdout is not None
        assert process.stdout.readline().startswith("ready ")
        process.terminate()
        assert process.wait(30) == 0
        process.stdout.close()
        return
    # Ports to listen on, not those of peers.
    free = (
        word if "@" in word else re.sub(r"(?<![0-9.])(111[12][0-9]|2575|6514|808[0-9])$", "0", word) for word in words
    )
    with serving(name, *free, cwd=folder) as tool:
        assert tool.port


def test_completions_are_accepted_by_the_shells(tmp_path: Path) -> None:
    script = tmp_path / "lumenarc.bash"
    script.write_text(run("completion", "bash").out)
    ask = f"source {script}; COMP_WORDS=(lumenarc dcmd); COMP_CWORD=1; _lumenarc; echo ${{COMPREPLY[@]}}"
    assert "dcmdump" in subprocess.check_output(["bash", "-c", ask], text=True).split()
    ask = f"source {script}; COMP_WORDS=(lumenarc dcmdump --wi); COMP_CWORD=2; _lumenarc; echo ${{COMPREPLY[@]}}"
    assert subprocess.check_output(["bash", "-c", ask], text=True).split() == ["--width"]
    for shell in ("zsh", "fish"):
        text = run("completion", shell).out
        assert all(name in text for name, _, _ in cli.TOOLS)


def test_the_modules_of_the_tools_start_fast() -> None:
    """The parser of every tool but `docs` is made without what is slow to import."""
    heavy = "{'pydicom', 'numpy', 'sqlalchemy', 'starlette', 'pydantic', 'rich', 'lumenarc.app', 'lumenarc.archive'}"
    code = (
        f"import sys; from lumenarc import cli\nfor name, _, _ in cli.TOOLS:\n"
        f"    if name != 'docs':\n        cli.find(name).parser()\n"
        f"        print(name, sorted({heavy} & set(sys.modules)))"
    )
    lines = subprocess.check_output([sys.executable, "-c", code], text=True).splitlines()
    assert [line for line in lines if not line.endswith("[]")] == []
