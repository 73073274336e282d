// Which parts does a model consist of? The documents of its series, fetched and read; materials colour the parts that name them.
import type { Attributes } from '../../../dicom/names';
import { binaryOf, itemsOf, numberOf, numbersOf, stringOf } from '../../../dicom/values';
import { fetchBulk } from '../../core/frame_source';
import type { Instance } from '../../model/instance';
import { ownColor, rgbOfLab } from '../model/color';
import type { Shown } from './mesh_canvas';
import { readMtl, readObj, readStl, type Material } from './parse';

export interface ModelPart extends Shown { readonly name: string }
export interface Model { readonly parts: readonly ModelPart[]; readonly unit: string }

const MOST_BYTES = 400 << 20;

/** Fetch the document of an instance, without the byte that makes its length even. */
export async function documentOf({ attributes }: Instance): Promise<Uint8Array<ArrayBuffer>> {
  const { bytes, uri } = binaryOf(attributes, '00420011');
  const whole = bytes ?? (uri ? await fetchBulk(uri) : new Uint8Array());
  if (whole.length > MOST_BYTES) throw new RangeError('larger than 400 MiB');
  const length = numberOf(attributes, '00420015');
  return length !== undefined && length < whole.length ? whole.subarray(0, length) : whole;
}

/** Open all instances of a series as one model. */
export async function openModel(instances: readonly Instance[]): Promise<Model> {
  const typed = instances.map((instance) => ({ instance, type: typeOf(instance) }));
  const materials = new Map<string, Material>();
  for (const { instance, type } of typed) if (type === 'mtl') for (const [name, material] of readMtl(await documentOf(instance))) materials.set(name, material);
  const parts: ModelPart[] = [];
  for (const { instance, type } of typed) {
    if (type === 'mtl') continue;
    const bytes = await documentOf(instance);
    const title = stringOf(instance.attributes, '00420010') || stringOf(instance.attributes, '0008103E') || String(instance.number ?? '');
    for (const part of type === 'obj' ? readObj(bytes) : readStl(bytes)) {
      const material = materials.get(part.material);
      const rgb = material?.rgb ?? rgbOfLab(numbersOf(instance.attributes, '0062000D')) ?? ownColor(parts.length + 5);
      const opacity = material?.opacity ?? numberOf(instance.attributes, '0066000C') ?? 1;
      parts.push({ part, rgb, opacity: Math.min(1, Math.max(0.05, opacity)), isVisible: true, name: [title, part.material].filter(Boolean).join(' · ') });
    }
  }
  const [first] = instances;
  return { parts, unit: first ? unitOf(first.attributes) : '' };
}

const typeOf = (instance: Instance): 'stl' | 'obj' | 'mtl' => (instance.sopClass.endsWith('.104.5') ? 'mtl' : instance.sopClass.endsWith('.104.4') ? 'obj' : 'stl');

function unitOf(set: Attributes): string {
  const [unit] = itemsOf(set, '004008EA');
  return unit ? stringOf(unit, '00080100') : 'mm';
}
