// By which factor does activity become a standardized uptake value by body weight? QIBA FDG-PET profile; PS3.3 C.8.9.1.
import { itemsOf, numberOf, stringOf, values } from '../../dicom/values';
import type { Instance } from './instance';

/** Return grams per millilitre for one unit of the rescaled value, or undefined when the header does not say enough. */
export function suvFactor({ attributes, modality }: Instance): number | undefined {
  if (modality !== 'PT') return undefined;
  const units = stringOf(attributes, '00541001');
  if (units === 'GML') return 1;
  const weightKg = numberOf(attributes, '00101030');
  const dose = itemsOf(attributes, '00540016')[0];
  const [doseBq, halfLifeS] = dose ? [numberOf(dose, '00181074'), numberOf(dose, '00181075')] : [];
  const corrections = values(attributes, '00280051').map(String);
  if (units !== 'BQML' || !weightKg || !doseBq || !halfLifeS || !dose || !corrections.includes('ATTN') || !corrections.includes('DECY')) return undefined;
  const decay = stringOf(attributes, '00541102');
  if (decay === 'ADMIN') return (weightKg * 1000) / doseBq;
  if (decay !== 'START') return undefined;
  const injected = secondsOf(stringOf(dose, '00181078').slice(8) || stringOf(dose, '00181072'));
  const scanned = secondsOf(stringOf(attributes, '00080031'));
  if (injected === undefined || scanned === undefined) return undefined;
  const elapsedS = (scanned - injected + 86400) % 86400;
  return (weightKg * 1000) / (doseBq * 2 ** (-elapsedS / halfLifeS));
}

/** Read a DICOM time (PS3.5 6.2, TM) as seconds of the day. */
export function secondsOf(time: string): number | undefined {
  const parts = /^(\d\d)(\d\d)?(\d\d(?:\.\d+)?)?/.exec(time);
  return parts ? Number(parts[1]) * 3600 + Number(parts[2] ?? 0) * 60 + Number(parts[3] ?? 0) : undefined;
}
