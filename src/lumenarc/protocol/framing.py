"""What do the framings of byte streams have in common? Bytes go in as they come, whole messages come out."""

from __future__ import annotations

from typing import Protocol


class BadFrame(Exception):
    """The bytes are no frame, or the message is too long or none at all."""


class Framed(Protocol):
    """Takes the bytes of one connection apart."""

    @property
    def is_inside(self) -> bool:
        """Whether a message has begun and is not complete."""

    def feed(self, data: bytes) -> list[bytes]:
        """Take bytes; return the messages that are complete now. Raises BadFrame."""

    def end(self) -> list[bytes]:
        """Return what the end of the stream completes. Raises BadFrame."""
