"""Where the bytes of instances lie: blobs that are written once, read often and never overwritten."""
