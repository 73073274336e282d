"""The ways in: each door turns requests of one protocol into calls of services, and errors into its answers."""
