"""The worker door: which jobs are run, and by which file. `TASKS` in tasks.py is the table."""
