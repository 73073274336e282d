"""HL7 version 2 on the wire: framing and acknowledgement, bytes only."""
