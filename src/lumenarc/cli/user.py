"""`lumenarc user`: makes, lists and changes those who may sign in, and makes tokens for programs."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from lumenarc.cli import opening
from lumenarc.cli.frame import Report, ToolParser, printable
from lumenarc.errors import BadRequest

if TYPE_CHECKING:
    from lumenarc.archive import Archive
    from lumenarc.services.users import Account

_ACTIONS = ("add", "list", "password", "role", "disable", "enable", "remove", "token", "tokens", "revoke")
_ROLES = ("viewer", "operator", "administrator")
_BY = "command line"


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "user",
        "Make, list and change those who may sign in, and tokens for programs. A password is asked for, or read from\n"
        "standard input as one line; it is never a word of the command line. From the first user on, the web side of\n"
        "a running archive wants everybody to sign in. The first user is an administrator.",
        (
            "lumenarc user add anna --role administrator --data archive < password.txt",
            "lumenarc user list --json --data archive",
            "lumenarc user token chief --label gateway --role operator --days 365 --data archive",
        ),
    )
    found.add_argument("action", choices=_ACTIONS, metavar="ACTION", help=", ".join(_ACTIONS))
    found.add_argument("name", nargs="?", metavar="NAME", help="whom it is about")
    found.add_argument(
        "--role", choices=_ROLES, help="what the user (add, role) or the token may do: " + ", ".join(_ROLES)
    )
    found.add_argument("--label", metavar="TEXT", help="what a token is for")
    found.add_argument("--days", type=int, default=90, metavar="N", help="how long a token holds (default 90)")
    found.add_argument("--id", metavar="ID", help="which token is revoked")
    opening.add_options(found)
    found.add_speech()
    return found


def run(arguments: list[str]) -> int:
    """Do what the action says."""
    options = parser().parse_args(arguments)
    options.tool = "user"
    report = Report(options)
    if (options.name is None) != (options.action == "list"):
        raise BadRequest(f"`user {options.action}` {'names nobody' if options.name else 'needs a user name'}.")
    archive = opening.opened(options) if options.action == "add" else opening.existing(options)
    try:
        _configure_log(options)
        _act(archive, options, report)
    finally:
        archive.close()
    return report.exit_code


def _configure_log(options: argparse.Namespace) -> None:
    """Let the lines that say who changed what go where those of the archive go; with --quiet nowhere."""
    from lumenarc import log

    log.configure("error" if options.quiet else "info", "console")


def _act(archive: Archive, options: argparse.Namespace, report: Report) -> None:
    from lumenarc.services import users

    name = options.name
    if options.action == "list":
        for user in users.all_users(archive):
            _show(user, report)
    elif options.action == "add":
        if options.role is None:
            raise BadRequest("Say what the user may do: --role viewer, operator or administrator.")
        _show(users.add(archive, name, _password(), options.role, by=_BY), report)
    elif options.action == "password":
        users.set_password(archive, name, _password(), by=_BY)
    elif options.action == "role":
        if options.role is None:
            raise BadRequest("Say which role: --role viewer, operator or administrator.")
        users.set_role(archive, name, options.role, by=_BY)
    elif options.action in ("disable", "enable"):
        users.set_disabled(archive, name, options.action == "disable", by=_BY)
    elif options.action == "remove":
        users.remove(archive, name, by=_BY, even_last=True)
    else:
        _tokens(archive, options, report)


def _tokens(archive: Archive, options: argparse.Namespace, report: Report) -> None:
    from lumenarc.services import users

    if options.action == "token":
        secret, token = users.make_token(
            archive, options.name, label=options.label or "", role=options.role or "", days=options.days
        )
        report.result(secret, {"token": secret, **users.token_as_json(token)})
        return
    if options.action == "revoke":
        users.revoke_token(archive, options.name, options.id or "")
        return
    for token in users.tokens(archive, options.name):
        report.result(f"{token.digest[:16]}  {token.role}  {printable(token.label)}", users.token_as_json(token))


def _show(user: Account, report: Report) -> None:
    notes = " disabled" * user.disabled + " (signs in elsewhere)" * (user.subject is not None)
    fields = {"name": user.name, "role": user.role, "disabled": user.disabled, "signed_in_at": user.signed_in_at}
    report.result(f"{user.name}  {user.role}{notes}", fields)


def _password() -> str:
    """Ask for a password twice on a terminal, else read a line of standard input."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    from getpass import getpass

    first = getpass("password: ")
    if getpass("once more: ") != first:
        raise BadRequest("The two passwords differ.")
    return first
