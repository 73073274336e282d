"""Bytes to events and back: pure protocol cores without sockets, clocks or threads."""
