"""How fast is Lumenarc beside its peers, measured in one run on one machine? `python -m tests.bench --help`."""
