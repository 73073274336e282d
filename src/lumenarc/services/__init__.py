"""What the archive can do: the use-cases, one per file, each taking the Archive as its first argument."""
