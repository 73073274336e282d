// What does an RT Plan say? Prescriptions, fraction groups and beams, out of RT Plan and RT Ion Plan: PS3.3 A.20, A.49, C.8.8.9–14.
import type { Attributes } from '../../../dicom/names';
import { itemsOf, numberOf, numbersOf, stringOf } from '../../../dicom/values';

export interface Prescription { readonly description: string; readonly kind: string; readonly structure: string; readonly dose: number | undefined; readonly minimum: number | undefined; readonly maximum: number | undefined }
export interface FractionGroup { readonly number: number | undefined; readonly nFractions: number | undefined; readonly nBeams: number; readonly meterset: number; readonly beamDose: number }
export interface Beam {
  readonly number: number | undefined;
  readonly name: string;
  readonly kind: string;
  readonly machine: string;
  readonly energy: string;
  readonly gantry: string;
  readonly collimator: string;
  readonly couch: string;
  readonly nPoints: number;
  readonly meterset: number | undefined;
  readonly dose: number | undefined;
  readonly isocenter: string;
  readonly accessories: string;
}
export interface Plan {
  readonly label: string;
  readonly name: string;
  readonly description: string;
  readonly date: string;
  readonly time: string;
  readonly intent: string;
  readonly approval: string;
  readonly reviewer: string;
  readonly geometry: string;
  readonly position: string;
  readonly prescriptions: readonly Prescription[];
  readonly groups: readonly FractionGroup[];
  readonly beams: readonly Beam[];
}

/** Read a plan. */
export function readPlan(set: Attributes): Plan {
  const [setup] = itemsOf(set, '300A0180');
  const referenced = itemsOf(set, '300A0070').flatMap((group) => itemsOf(group, '300C0004'));
  const ofBeam = new Map(referenced.map((item) => [numberOf(item, '300C0006'), item]));
  const beams = [...itemsOf(set, '300A00B0'), ...itemsOf(set, '300A03A2')];
  return {
    label: stringOf(set, '300A0002'), name: stringOf(set, '300A0003'), description: stringOf(set, '300A0004'),
    date: stringOf(set, '300A0006'), time: stringOf(set, '300A0007'), intent: stringOf(set, '300A000A'),
    approval: stringOf(set, '300E0002'), reviewer: stringOf(set, '300E0008'), geometry: stringOf(set, '300A000C'),
    position: setup ? stringOf(setup, '00185100') : '',
    prescriptions: itemsOf(set, '300A0010').map(readPrescription),
    groups: itemsOf(set, '300A0070').map(readGroup),
    beams: beams.map((beam) => readBeam(beam, ofBeam.get(numberOf(beam, '300A00C0')))),
  };
}

/** Return the highest dose that a plan prescribes for a target, in Gy; else that of its fraction groups; undefined when it says nothing. */
export function prescribedDose({ prescriptions, groups }: Plan): number | undefined {
  const doses = prescriptions.flatMap(({ dose }) => (dose && dose > 0 ? [dose] : []));
  if (doses.length) return Math.max(...doses);
  const given = groups.reduce((sum, { nFractions, beamDose }) => sum + (nFractions ?? 0) * beamDose, 0);
  return given > 0 ? given : undefined;
}

const readPrescription = (item: Attributes): Prescription => ({
  description: stringOf(item, '300A0016'), kind: stringOf(item, '300A0020'), structure: stringOf(item, '300A0014'),
  dose: numberOf(item, '300A0026'), minimum: numberOf(item, '300A0025'), maximum: numberOf(item, '300A0027') ?? numberOf(item, '300A002C'),
});

function readGroup(group: Attributes): FractionGroup {
  const beams = itemsOf(group, '300C0004');
  const sum = (tag: string): number => beams.reduce((total, beam) => total + (numberOf(beam, tag) ?? 0), 0);
  return { number: numberOf(group, '300A0071'), nFractions: numberOf(group, '300A0078'), nBeams: numberOf(group, '300A0080') ?? beams.length, meterset: sum('300A0086'), beamDose: sum('300A0084') };
}

function readBeam(beam: Attributes, referenced: Attributes | undefined): Beam {
  const points = [...itemsOf(beam, '300A0111'), ...itemsOf(beam, '300A03A8')];
  const [first] = points;
  const energies = [...new Set(points.flatMap((point) => numbersOf(point, '300A0114')))];
  const radiation = stringOf(beam, '300A00C6');
  const unit = radiation === 'PHOTON' ? 'MV' : 'MeV';
  const energy = energies.length > 2 ? `${Math.min(...energies)}–${Math.max(...energies)} ${unit}` : energies.map((value) => `${value} ${unit}`).join(', ');
  const count = (tag: string): number => numberOf(beam, tag) ?? 0;
  const parts = [[count('300A00D0'), 'wedge'], [count('300A00E0'), 'compensator'], [count('300A00ED'), 'bolus'], [count('300A00F0'), 'block']] as const;
  return {
    number: numberOf(beam, '300A00C0'), name: stringOf(beam, '300A00C2'),
    kind: [stringOf(beam, '300A00C4'), radiation, stringOf(beam, '300A00CE')].filter(Boolean).join(' · '),
    machine: stringOf(beam, '300A00B2'), energy,
    gantry: angle(points, '300A011E', '300A011F'), collimator: angle(points, '300A0120', '300A0121'), couch: angle(points, '300A0122', '300A0123'),
    nPoints: numberOf(beam, '300A0110') ?? points.length,
    meterset: referenced && numberOf(referenced, '300A0086'), dose: referenced && numberOf(referenced, '300A0084'),
    isocenter: first ? numbersOf(first, '300A012C').map((v) => v.toFixed(1)).join(' / ') : '',
    accessories: parts.filter(([n]) => n > 0).map(([n, name]) => `${n} ${name}`).join(', '),
  };
}

/** Write where an angle begins and, when it turns, which way and where it ends. */
function angle(points: readonly Attributes[], tag: string, direction: string): string {
  const angles = points.flatMap((point) => numberOf(point, tag) ?? []);
  const [first] = angles;
  const last = angles.at(-1);
  if (first === undefined || last === undefined) return '';
  const way = points[0] ? stringOf(points[0], direction) : '';
  const isTurning = way === 'CW' || way === 'CC' || angles.some((value) => value !== first);
  return isTurning ? `${first}° ${way === 'CW' ? '↻' : way === 'CC' ? '↺' : '→'} ${last}°` : `${first}°`;
}
