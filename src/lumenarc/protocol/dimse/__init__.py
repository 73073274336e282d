"""DIMSE messages (PS3.7): command sets, their assembly from fragments, and status codes."""
