// What are the curves of a waveform, in real units? PS3.3 C.10.9: channels interleaved, sensitivity, correction and baseline.
import type { Attributes } from '../../dicom/names';
import { binaryOf, itemsOf, numberOf, stringOf } from '../../dicom/values';

export interface Curve { readonly name: string; readonly unit: string; readonly values: Float32Array }
/** Curves that were recorded at once; `rateHz` samples a second. */
export interface Multiplex { readonly label: string; readonly rateHz: number; readonly nSamples: number; readonly curves: readonly Curve[] }

const MAX_SAMPLES = 50_000_000;

/** Read one multiplex group; undefined when its description or its data do not hold together. */
export function readMultiplex(group: Attributes, bytes: Uint8Array<ArrayBuffer>): Multiplex | undefined {
  const nChannels = numberOf(group, '003A0005') ?? 0;
  const nSamples = numberOf(group, '003A0010') ?? 0;
  const rateHz = numberOf(group, '003A001A') ?? 0;
  const bits = numberOf(group, '54001004') ?? 16;
  const read = readerOf(stringOf(group, '54001006'), bits);
  if (!read || nChannels < 1 || nSamples < 1 || rateHz <= 0 || nChannels * nSamples > MAX_SAMPLES) return undefined;
  if (bytes.length < (nChannels * nSamples * bits) / 8) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const padding = binaryOf(group, '5400100A').bytes;
  const padded = padding ? read(new DataView(padding.buffer, padding.byteOffset), 0) : undefined;
  const channels = itemsOf(group, '003A0200');
  const curves = Array.from({ length: nChannels }, (_, channel) => {
    const set = channels[channel] ?? {};
    const factor = (numberOf(set, '003A0210') ?? 1) * (numberOf(set, '003A0212') ?? 1);
    const baseline = numberOf(set, '003A0213') ?? 0;
    const values = Float32Array.from({ length: nSamples }, (__, sample) => {
      const raw = read(view, ((sample * nChannels + channel) * bits) / 8);
      return raw === padded ? Number.NaN : raw * factor + baseline;
    });
    return scaled({ name: nameOf(set, channel), unit: unitOf(set), values });
  });
  return { label: stringOf(group, '003A0020'), rateHz, nSamples, curves };
}

type Reader = (view: DataView, offset: number) => number;

function readerOf(interpretation: string, bits: number): Reader | undefined {
  if (interpretation === 'SS' && bits === 16) return (view, offset) => view.getInt16(offset, true);
  if (interpretation === 'US' && bits === 16) return (view, offset) => view.getUint16(offset, true);
  if (interpretation === 'SB' && bits === 8) return (view, offset) => view.getInt8(offset);
  if (interpretation === 'UB' && bits === 8) return (view, offset) => view.getUint8(offset);
  if (interpretation === 'SL' && bits === 32) return (view, offset) => view.getInt32(offset, true);
  return undefined;
}

const codeOf = (set: Attributes, sequence: string, tag: string): string => { const [code] = itemsOf(set, sequence); return code ? stringOf(code, tag) : ''; };
const nameOf = (set: Attributes, index: number): string => (stringOf(set, '003A0203') || codeOf(set, '003A0208', '00080104') || String(index + 1)).replace(/^Lead\s+/i, '').slice(0, 24);
const unitOf = (set: Attributes): string => codeOf(set, '003A0211', '00080100') || codeOf(set, '003A0211', '00080104');

/** Write voltages in mV, whatever the file uses. */
function scaled(curve: Curve): Curve {
  const factor = { uV: 1e-3, 'µV': 1e-3, V: 1e3 }[curve.unit];
  return factor === undefined ? curve : { ...curve, unit: 'mV', values: curve.values.map((value) => value * factor) };
}

/** Write a curve as the path of an SVG: x in mm at `mmPerS`, y in mm at `mmPerUnit`, upwards negative; gaps stay gaps. */
export function pathOf({ values }: Curve, rateHz: number, mmPerS: number, mmPerUnit: number): string {
  const parts: string[] = [];
  let isDown = false;
  for (let sample = 0; sample < values.length; sample += 1) {
    const value = values[sample] ?? Number.NaN;
    if (Number.isNaN(value)) { isDown = false; continue; }
    parts.push(`${isDown ? 'L' : 'M'}${((sample / rateHz) * mmPerS).toFixed(2)} ${(-value * mmPerUnit).toFixed(2)}`);
    isDown = true;
  }
  return parts.join('');
}
