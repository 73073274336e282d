"""Does `lumenarc user` make and change users, without a password on the command line?"""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from quick_passwords import quick_passwords as quick_passwords

from lumenarc.access import Who
from lumenarc.archive import open_archive
from lumenarc.cli import main
from lumenarc.config import load
from lumenarc.errors import NotSignedIn
from lumenarc.services import sign_in

PASSWORD = "correct horse"


class User:
    """`lumenarc user` on one archive."""

    def __init__(self, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.data, self._monkeypatch = data, monkeypatch

    def __call__(self, *words: str, stdin: str = "") -> int:
        self._monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        with pytest.raises(SystemExit) as exit_:
            main(["user", *words, "--data", str(self.data), "--json"])
        assert isinstance(exit_.value.code, int)
        return exit_.value.code


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> User:
    monkeypatch.chdir(tmp_path)
    return User(tmp_path / "archive", monkeypatch)


def test_users(user: User, capsys: pytest.CaptureFixture[str]) -> None:
    assert user("list") == 2
    assert not user.data.exists()
    assert user("add", "anna", "--role", "viewer", stdin=PASSWORD + "\n") == 2
    assert user("add", "anna", "--role", "administrator", stdin="short\n") == 2
    assert user("add", "anna", stdin=PASSWORD) == 2
    assert user("add") == 2
    capsys.readouterr()
    assert user("add", "anna", "--role", "administrator", stdin=PASSWORD + "\n") == 0
    said = capsys.readouterr()
    assert json.loads(said.out) == {"name": "anna", "role": "administrator", "disabled": False, "signed_in_at": None}
    assert "user added" in said.err and "command line" in said.err and PASSWORD not in said.err
    assert user("add", "otto", "--role", "viewer", stdin=PASSWORD) == 0
    assert user("role", "otto", "--role", "operator") == 0
    assert user("disable", "otto") == 0
    capsys.readouterr()
    assert user("list") == 0
    assert [json.loads(line)["disabled"] for line in capsys.readouterr().out.splitlines()] == [False, True]
    assert user("enable", "otto") == 0
    assert user("password", "otto", stdin="battery staple\n") == 0
    archive = open_archive(load(data=user.data, min_free_bytes=0))
    assert sign_in.check_password(archive, "otto", "battery staple", "here").role == "operator"
    with pytest.raises(NotSignedIn):
        sign_in.check_password(archive, "otto", PASSWORD, "here")
    archive.close()
    assert user("disable", "anna") == 2
    assert user("remove", "otto") == 0
    assert user("remove", "anna") == 0


def test_tokens(user: User, capsys: pytest.CaptureFixture[str]) -> None:
    assert user("add", "anna", "--role", "administrator", stdin=PASSWORD) == 0
    assert user("token", "anna") == 2
    capsys.readouterr()
    assert user("token", "anna", "--label", "gateway", "--role", "operator", "--days", "3") == 0
    made = json.loads(capsys.readouterr().out)
    archive = open_archive(load(data=user.data, min_free_bytes=0))
    assert sign_in.known_by(archive, made["token"], "token") == Who("anna", "operator", "token")
    assert user("tokens", "anna") == 0
    assert json.loads(capsys.readouterr().out)["id"] == made["id"]
    assert user("revoke", "anna", "--id", made["id"]) == 0
    assert user("revoke", "anna", "--id", made["id"]) == 2
    assert sign_in.known_by(archive, made["token"], "token") is None
    archive.close()


def test_a_terminal_is_asked_twice(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    given = iter((PASSWORD, "another one", PASSWORD, PASSWORD))
    monkeypatch.setattr("getpass.getpass", lambda _prompt: next(given))
    monkeypatch.setattr("io.StringIO", Terminal)
    assert user("add", "anna", "--role", "administrator") == 2
    assert user("add", "anna", "--role", "administrator") == 0
