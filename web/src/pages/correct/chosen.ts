// Which patient was chosen? A known one, or attributes of a new one.
import type { Changes, Patient } from '../../api/corrections';

export type Chosen = { patient: Patient } | { fresh: Changes };
