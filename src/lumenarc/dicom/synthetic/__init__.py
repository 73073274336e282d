"""Studies made up by formula, of any modality: the same for the same seed, valid, and marked as synthetic."""
