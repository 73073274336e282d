"""The pumps that move bytes between sockets and the protocol cores."""
