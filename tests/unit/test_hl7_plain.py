"""Do HL7 messages become JSON and the same bytes again, and is what is none refused in one line?"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lumenarc.cli import main
from lumenarc.protocol.hl7.mllp import BadFrame
from lumenarc.protocol.hl7.plain import from_plain, to_plain

ORDER = "MSH|^~\\&|A^1.2&ISO|B|C|D|2026||ORM^O01|1|P|2.5||||||UNICODE UTF-8\rPID|||1^^^H&1&ISO~2||Mü\\F\\^X\r"
HEAD = "MSH|^~\\&|A|B|C|D|20260101||ADT^A08|1|P|2.5||||||"


@pytest.mark.parametrize(
    "data",
    [
        ORDER.encode(),
        ORDER.replace("\r", "\r\n").encode(),
        ORDER.replace("\r", "\n").encode().rstrip(),
        b"MSH|^~\\&|\r\n\nPID|\r||",
        (HEAD + "8859/1\rPID|||1||Müller\r").encode("latin-1"),
        (HEAD + "ISO IR87\rPID|||1||山田\r").encode("iso2022_jp"),
        (HEAD + "8859/5\rPID|||1||").encode() + b"\xff\xfe\x00\r",
        b"MSH#$%*@#A$B%C#x@y\rPID#1$2%3@4%\r",
        b"MSH|^||||\rPID|1^2",
    ],
)
def test_the_same_bytes_come_back(data: bytes) -> None:
    assert from_plain(json.loads(json.dumps(to_plain(data)))) == data


@given(st.text(alphabet="|^~\\&\r\nab\u00fcMSH\0", max_size=60))
def test_any_text_behind_a_header_comes_back(text: str) -> None:
    data = (HEAD + "UNICODE UTF-8\r" + text).encode()
    assert from_plain(json.loads(json.dumps(to_plain(data)))) == data


def test_what_it_looks_like() -> None:
    plain = to_plain(ORDER.encode())
    assert (plain["charset"], plain["end"]) == ("utf-8", "\r")
    msh, pid = plain["segments"]
    assert msh[:4] == ["MSH", "|", "^~\\&", [["A", ["1.2", "ISO"]]]]
    assert pid[3] == [["1", "", "", ["H", "1", "ISO"]], "2"]
    assert pid[5] == [["Mü\\F\\", "X"]]


NO_MESSAGES: tuple[object, ...] = (
    {},
    [],
    {"segments": []},
    {"segments": [["PID", "|", "x"]]},
    {"segments": 5},
    "x",
    {"segments": [["MSH", "|", "^~\\&", 5]]},
    {"segments": [["MSH", "|", ""]], "charset": "no"},
)


@pytest.mark.parametrize("plain", NO_MESSAGES, ids=str)
def test_what_is_no_message(plain: object) -> None:
    with pytest.raises(BadFrame):
        from_plain(plain)


def test_the_tools(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    def ran(*words: str | Path) -> int:
        with pytest.raises(SystemExit) as exit_:
            main([str(word) for word in words])
        assert isinstance(exit_.value.code, int)
        return exit_.value.code

    (tmp_path / "a.hl7").write_bytes(ORDER.encode())
    (tmp_path / "b.hl7").write_bytes(ORDER.encode().replace(b"\r", b"\n"))
    (tmp_path / "c.txt").write_bytes(b"nothing")
    assert ran("hl72json", tmp_path / "a.hl7", tmp_path / "c.txt", tmp_path / "b.hl7", tmp_path / "gone") == 1
    said = capfdbinary.readouterr()
    assert len(said.err.splitlines()) == 2
    (tmp_path / "both.json").write_bytes(said.out)
    assert ran("json2hl7", tmp_path / "both.json", "-o", tmp_path / "again") == 0
    assert (tmp_path / "again").read_bytes() == ORDER.encode() + ORDER.encode().replace(b"\r", b"\n")
    assert ran("json2hl7", tmp_path / "both.json") == 0
    assert capfdbinary.readouterr().out == (tmp_path / "again").read_bytes()
    (tmp_path / "bad.json").write_text("[1")
    assert ran("json2hl7", tmp_path / "bad.json") == 1
    assert ran("hl72json") == 2
