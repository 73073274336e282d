"""What PS3.18 puts into HTTP headers and bodies, as pure functions: multipart, media types, addresses."""
