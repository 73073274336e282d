"""How do the DICOMweb clients say whom they ask, and as whom?"""

from __future__ import annotations

import argparse
import base64
from typing import TYPE_CHECKING

from lumenarc.cli.frame import ToolParser
from lumenarc.errors import BadRequest

if TYPE_CHECKING:
    from lumenarc.peers.dicomweb import WebPeer


def add_web_peer(parser: ToolParser) -> None:
    """Add credentials, headers, time-outs and trust."""
    group = parser.add_argument_group("the service")
    group.add_argument("--bearer", metavar="TOKEN", help="send this token")
    group.add_argument("--user", metavar="NAME:PASSWORD", help="send these credentials (Basic)")
    group.add_argument("--header", metavar="NAME:VALUE", action="append", default=[], help="send this header as well")
    group.add_argument("--ca", metavar="PEM", help="trust the certificates of this file")
    group.add_argument("--connect-timeout", type=float, default=10.0, metavar="S", help="seconds (default 10)")
    group.add_argument("--read-timeout", type=float, default=60.0, metavar="S", help="seconds (default 60)")


def web_peer_of(options: argparse.Namespace, url: str) -> WebPeer:
    """Return the service at `url`; raise BadRequest for a header that is none."""
    from lumenarc.peers.dicomweb import WebPeer

    authorization = f"Bearer {options.bearer}" if options.bearer else ""
    if options.user:
        authorization = "Basic " + base64.b64encode(options.user.encode()).decode()
    headers = {}
    for text in options.header:
        name, colon, value = text.partition(":")
        if not colon or not name.strip():
            raise BadRequest(f"{text!r} is no header: NAME:VALUE.")
        headers[name.strip()] = value.strip()
    return WebPeer(url, authorization, options.connect_timeout, options.read_timeout, options.ca, headers)
