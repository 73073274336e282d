"""What we call: other application entities and servers."""
