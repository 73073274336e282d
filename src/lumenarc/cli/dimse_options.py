"""How do the DIMSE tools say whom they call, as whom, and where they listen? dcm4che's letters (`-c`, `-b`, …)."""

from __future__ import annotations

import argparse
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lumenarc.cli.frame import ToolParser
from lumenarc.errors import BadRequest

if TYPE_CHECKING:
    from lumenarc.peers.dimse import Peer
    from lumenarc.protocol.ul.items import UserIdentity
    from lumenarc.transport.server import ServerOptions
    from lumenarc.transport.wire import Timeouts

DEFAULT_TITLE = "LUMENARC"
_TIMEOUTS = (
    ("connect", 10_000, "for the connection"),
    ("accept", 30_000, "for the association to be accepted"),
    ("response", 300_000, "for the answer to a request"),
    ("send", 60_000, "for the peer to take what is sent"),
    ("idle", 60_000, "for the next message"),
)


@dataclass(frozen=True, slots=True)
class Address:
    """An application entity: its title, and where it is, as far as that is said."""

    title: str
    host: str = ""
    port: int = 0


def address(text: str) -> Address:
    """Read `AET[@HOST[:PORT]]`, or `AET:PORT`; an IPv6 host stands in brackets.

    Raises:
        BadRequest: the port is no number, or the title is missing or longer than 16 characters.
    """
    title, _, place = text.rpartition("@") if "@" in text else (text, "", "")
    host, port = place, ""
    if not place and ":" in title:
        title, _, port = title.rpartition(":")
    elif place.startswith("["):
        host, _, port = place[1:].partition("]")
        port = port.removeprefix(":")
    elif ":" in place:
        host, _, port = place.rpartition(":")
    if not 0 < len(title) <= 16 or (port and not (port.isascii() and port.isdigit() and int(port) < 65536)):
        raise BadRequest(f"{text!r} is no application entity; write AET@HOST:PORT.")
    return Address(title, host, int(port or 0))


def add_peer(parser: ToolParser, *, required: bool = True) -> None:
    """Add whom to call and as whom."""
    group = parser.add_argument_group("connection")
    group.add_argument("-c", "--connect", metavar="AET@HOST:PORT", required=required, help="the AE to call")
    group.add_argument(
        "-b", "--bind", metavar="AET", default=DEFAULT_TITLE, help=f"our own AE title (default {DEFAULT_TITLE})"
    )
    _add_common(parser)
    group.add_argument(
        "--max-ops-invoked", type=int, default=1, metavar="N", help="operations outstanding at once; 0 without limit"
    )
    user = parser.add_argument_group("who asks")
    user.add_argument("--user", metavar="NAME", help="negotiate this user name")
    user.add_argument("--user-pass", metavar="PASSCODE", help="with this passcode")
    user.add_argument("--user-jwt", metavar="TOKEN", help="negotiate a JSON web token")
    user.add_argument("--user-saml", metavar="ASSERTION", help="negotiate a SAML assertion")


def add_tls(parser: ToolParser) -> None:
    """Add how to speak TLS."""
    tls = parser.add_argument_group("TLS")
    tls.add_argument("--tls", action="store_true", help="speak TLS")
    tls.add_argument("--tls-cert", metavar="PEM", help="our certificate")
    tls.add_argument("--tls-key", metavar="PEM", help="its private key")
    tls.add_argument("--tls-ca", metavar="PEM", help="the authorities that we trust (default: the system's)")
    tls.add_argument("--tls-noauth", action="store_true", help="do not ask for the other side's certificate")


def _add_common(parser: ToolParser) -> None:
    add_tls(parser)
    more = parser.add_argument_group("limits")
    more.add_argument(
        "--max-pdulen-rcv", type=int, default=131_072, metavar="BYTES", help="the longest PDU that we take"
    )
    for name, default, what in _TIMEOUTS:
        more.add_argument(
            f"--{name}-timeout", type=int, default=default, metavar="MS", help=f"wait {what} (default {default})"
        )


def add_listen(parser: ToolParser) -> None:
    """Add where to listen, and as whom."""
    group = parser.add_argument_group("connection")
    group.add_argument(
        "-b", "--bind", metavar="[AET[@IP]:]PORT", required=True, help="listen here, answering to AET (default: any)"
    )
    group.add_argument("--accept", metavar="AET", action="append", default=[], help="answer these callers only")
    _add_common(parser)


def peer_of(options: argparse.Namespace) -> Peer:
    """Return the peer that the options name.

    Raises:
        BadRequest: the address is incomplete, or the identity contradicts itself.
    """
    from lumenarc.peers.dimse import Peer

    called = address(options.connect)
    if not called.host or not called.port:
        raise BadRequest(f"{options.connect!r} does not say where to connect to; write AET@HOST:PORT.")
    return Peer(
        called.title,
        called.host,
        called.port,
        calling=address(options.bind).title,
        tls=client_tls(options),
        timeouts=timeouts_of(options),
        identity=_identity(options),
        async_invoked=options.max_ops_invoked,
        max_pdu_bytes=options.max_pdulen_rcv,
    )


def listening(options: argparse.Namespace) -> tuple[str, ServerOptions]:
    """Return the AE title to answer to ("" for any) and where to listen."""
    from lumenarc.transport.server import ServerOptions

    text: str = options.bind
    found = Address("", "", int(text)) if text.isascii() and text.isdigit() else address(text)
    return found.title.replace("*", ""), ServerOptions(
        host=found.host or "0.0.0.0",
        port=found.port,
        max_pdu_bytes=options.max_pdulen_rcv,
        timeouts=timeouts_of(options),
        tls=server_tls(options),
    )


def timeouts_of(options: argparse.Namespace) -> Timeouts:
    """Return the time-outs that the options say, in seconds."""
    from lumenarc.transport.wire import Timeouts

    return Timeouts(
        connect_s=options.connect_timeout / 1000,
        artim_s=options.accept_timeout / 1000,
        idle_s=options.idle_timeout / 1000,
        dimse_s=options.response_timeout / 1000,
        send_s=options.send_timeout / 1000,
    )


def client_tls(options: argparse.Namespace) -> ssl.SSLContext | None:
    """Return how a client speaks TLS, None when it does not."""
    if not options.tls:
        return None
    context = _loaded(ssl.PROTOCOL_TLS_CLIENT, options)
    if options.tls_noauth:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    elif not options.tls_ca:
        context.load_default_certs()
    return context


def server_tls(options: argparse.Namespace) -> ssl.SSLContext | None:
    """Return how a server speaks TLS, None when it does not."""
    if not options.tls:
        return None
    if not options.tls_cert:
        raise BadRequest("A TLS server needs --tls-cert.")
    context = _loaded(ssl.PROTOCOL_TLS_SERVER, options)
    if options.tls_ca and not options.tls_noauth:
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def _loaded(protocol: ssl._SSLMethod, options: argparse.Namespace) -> ssl.SSLContext:
    """Make a context of BCP 195's minimum, TLS 1.2 (PS3.15 B.9)."""
    context = ssl.SSLContext(protocol)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        if options.tls_cert:
            context.load_cert_chain(options.tls_cert, options.tls_key)
        if options.tls_ca:
            context.load_verify_locations(options.tls_ca)
    except OSError as error:
        raise BadRequest(f"A certificate or key cannot be read: {error.strerror or error}.") from error
    return context


def _identity(options: argparse.Namespace) -> UserIdentity | None:
    from lumenarc.protocol.ul.items import UserIdentity

    given = [options.user, options.user_jwt, options.user_saml]
    if sum(value is not None for value in given) > 1:
        raise BadRequest("Give one of --user, --user-jwt and --user-saml.")
    if options.user_jwt is not None:
        return UserIdentity(5, options.user_jwt.encode())
    if options.user_saml is not None:
        return UserIdentity(4, options.user_saml.encode())
    if options.user is None:
        return None
    if options.user_pass is None:
        return UserIdentity(1, options.user.encode())
    return UserIdentity(2, options.user.encode(), options.user_pass.encode())


def add_priority(parser: ToolParser) -> None:
    """Add the priority of the requests (PS3.7 9.3)."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--prior-high", action="store_const", const=1, default=0, dest="priority", help="high priority")
    group.add_argument("--prior-low", action="store_const", const=2, dest="priority", help="low priority")
