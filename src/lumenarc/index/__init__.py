"""Where instances, their hierarchy and everything else that is searched are kept: SQL, and nothing but SQL."""
