"""How the schema became what `index/schema.py` says: one file for each step, run in order by `index/migrate.py`.

A change of `schema.py` (or of the table of indexed attributes, which makes columns) needs the next file here:
`vNNNN_what.py` with `revision = "NNNN"`, the `down_revision` before it and `upgrade()`. A file that has been released
is never changed. SQLite changes little in place: `op.batch_alter_table` copies the table, and the triggers of `study`
(v0001) must be made again after that. tests/unit/test_migrations.py fails when schema and steps disagree.
"""
