"""`lumenarc aet`: lists, adds, changes, removes and calls the application entities that the archive knows."""

from __future__ import annotations

import argparse
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from lumenarc.cli import opening
from lumenarc.cli.dimse_options import address
from lumenarc.cli.frame import Report, ToolParser, printable
from lumenarc.errors import BadRequest

if TYPE_CHECKING:
    from lumenarc.archive import Archive
    from lumenarc.services.ae import ApplicationEntity

_ACTIONS = ("list", "add", "edit", "remove", "echo", "unknown", "forget")


def parser() -> ToolParser:
    """Describe the command line."""
    found = ToolParser(
        "aet",
        "List, add, change, remove and call the application entities that the archive knows. A running archive sees\n"
        "changes at once. `unknown` lists callers that were refused, `forget` drops them from that list.",
        (
            "lumenarc aet list --data archive",
            "lumenarc aet add WORKSTATION@localhost:11113 --may store,find --data archive",
            "lumenarc aet add VIEWER@viewer.example:104 --tls --description 'Reading room' --json --data archive",
        ),
    )
    found.add_argument("action", choices=_ACTIONS, metavar="ACTION", help=", ".join(_ACTIONS))
    found.add_argument("entity", nargs="?", metavar="AET[@HOST:PORT]", help="whom it is about")
    found.add_argument("--may", metavar="WORDS", help="what it may do: store,find,move,get (default all)")
    found.add_argument("--tls", action=argparse.BooleanOptionalAction, default=None, help="it is called over TLS")
    found.add_argument("--description", metavar="TEXT", help="what it is")
    found.add_argument("-n", "--associations", type=int, metavar="N", help="parallel associations to it, 1 to 16")
    opening.add_options(found)
    found.add_speech()
    return found


def run(arguments: list[str]) -> int:
    """Do what the action says."""
    options = parser().parse_args(arguments)
    options.tool = "aet"
    report = Report(options)
    if (options.entity is None) != (options.action in ("list", "unknown")):
        raise BadRequest(f"`aet {options.action}` {'names nobody' if options.entity else 'needs an AE title'}.")
    archive = opening.opened(options) if options.action == "add" else opening.existing(options)
    try:
        return _act(archive, options, report)
    finally:
        archive.close()


def _act(archive: Archive, options: argparse.Namespace, report: Report) -> int:
    from lumenarc.services import ae

    if options.action == "list":
        for entity in ae.all_entities(archive):
            _show(entity, report)
    elif options.action == "unknown":
        for caller in ae.unknown_callers(archive):
            report.result(printable(f"{caller.title}@{caller.host}: refused {caller.n_refused} times"), asdict(caller))
    elif options.action == "forget":
        ae.forget_unknown(archive, options.entity)
    elif options.action == "remove":
        ae.remove(archive, options.entity)
        report.result(printable(f"{options.entity} is removed"), {"removed": options.entity})
    elif options.action == "echo":
        return _echo(archive, options.entity, report)
    else:
        _show(ae.put(archive, _described(archive, options)), report)
    return report.exit_code


def _described(archive: Archive, options: argparse.Namespace) -> ApplicationEntity:
    """Return the entity as the options describe it; raise BadRequest, NotFound."""
    from lumenarc.services import ae

    adds = options.action == "add"
    if "@" in options.entity:
        place = address(options.entity)
        known = ae.find(archive, place.title)
        entity = replace(known or ae.ApplicationEntity(place.title, "", 0), host=place.host, port=place.port or 104)
    elif adds:
        raise BadRequest("Say where it listens: AET@HOST:PORT.")
    else:
        entity = ae.get(archive, options.entity)
        known = entity
    if adds and known is not None:
        raise BadRequest(f"{entity.title} is registered already; `aet edit` changes it.")
    if not adds and known is None:
        raise BadRequest(f"{entity.title} is not registered; `aet add` does that.")
    if options.may is not None:
        entity = replace(entity, may=tuple(word for word in options.may.replace(",", " ").split()))
    if options.tls is not None:
        entity = replace(entity, tls=options.tls)
    if options.description is not None:
        entity = replace(entity, description=options.description)
    if options.associations is not None:
        entity = replace(entity, n_associations=options.associations)
    return entity


def _show(entity: ApplicationEntity, report: Report) -> None:
    more = f"  {entity.description}" if entity.description else ""
    tls = " TLS" if entity.tls else ""
    text = f"{entity.title}@{entity.host}:{entity.port}{tls}  may {' '.join(entity.may) or 'nothing'}{more}"
    report.result(printable(text), asdict(entity))


def _echo(archive: Archive, title: str, report: Report) -> int:
    from lumenarc.services import echo

    done = echo.echo(archive, title)
    if done.ok:
        report.result(f"{title} answers after {done.ms} ms", {"title": title, **asdict(done)})
        return report.exit_code
    report.problem(title, done.error)
    return 3 if done.step == "connect" else report.exit_code
