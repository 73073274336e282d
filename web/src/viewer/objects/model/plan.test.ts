// Does a plan say what was written into it?
import { expect, test } from 'vitest';
import { prescribedDose, readPlan } from './plan';

const one = (vr: string, ...Value: unknown[]): { vr: string; Value: unknown[] } => ({ vr, Value });
const group = { '300A0071': one('IS', 1), '300A0078': one('IS', 20), '300C0004': one('SQ', { '300C0006': one('IS', 1), '300A0084': one('DS', 1.5), '300A0086': one('DS', 100) }, { '300C0006': one('IS', 2), '300A0084': one('DS', 0.5), '300A0086': one('DS', 50) }) };

test('beams with what fraction groups give them, angles that turn and that stay', () => {
  const plan = readPlan({
    '300A0070': one('SQ', group),
    '300A00B0': one('SQ', { '300A00C0': one('IS', 2), '300A00C6': one('CS', 'ELECTRON'), '300A0111': one('SQ', { '300A011E': one('DS', 10), '300A011F': one('CS', 'CC'), '300A0120': one('DS', 5), '300A0114': one('DS', 9) }, { '300A011E': one('DS', 350) }) }),
  });
  expect(plan.beams[0]).toMatchObject({ number: 2, gantry: '10° ↺ 350°', collimator: '5°', energy: '9 MeV', meterset: 50, dose: 0.5, nPoints: 2 });
  expect(plan.groups[0]).toMatchObject({ nFractions: 20, beamDose: 2, meterset: 150 });
});

test('the prescription of a target, else the sum of the fractions, else nothing', () => {
  expect(prescribedDose(readPlan({ '300A0010': one('SQ', { '300A0026': one('DS', 50) }, { '300A0026': one('DS', 60) }), '300A0070': one('SQ', group) }))).toBe(60);
  expect(prescribedDose(readPlan({ '300A0070': one('SQ', group) }))).toBe(40);
  expect(prescribedDose(readPlan({}))).toBeUndefined();
});
