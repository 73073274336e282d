"""The HL7 door: which message is answered where; one file per family of messages."""
