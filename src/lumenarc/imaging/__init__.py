"""Where are strangers' pixels decoded? In worker processes with limits, never in the process that listens."""
