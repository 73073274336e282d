// What does a structured report say, line by line? Its content tree (PS3.3 C.17.3), flattened; everything in it stays plain text.
import type { Attributes } from '../../dicom/names';
import { itemsOf, numbersOf, stringOf } from '../../dicom/values';
import { dateText, timeText } from './corner_text';

/** Where a report points to. */
export interface Reference { readonly uid: string; readonly frames: readonly number[] }

/** One content item. */
export interface Line {
  readonly depth: number;
  readonly isHeading: boolean;
  readonly concept: string;
  readonly value: string;
  readonly reference?: Reference;
}

const MAX_LINES = 20_000;
const MAX_DEPTH = 64;

/** Flatten a report, a key object selection or any other document with a content tree. */
export function linesOf(report: Attributes): Line[] {
  const lines: Line[] = [];
  const left: { item: Attributes; depth: number }[] = [{ item: report, depth: 0 }];
  while (left.length && lines.length < MAX_LINES) {
    const { item, depth } = left.pop() as { item: Attributes; depth: number };
    lines.push(lineOf(item, depth));
    const children = depth < MAX_DEPTH ? itemsOf(item, '0040A730') : [];
    for (const child of children.toReversed()) left.push({ item: child, depth: depth + 1 });
  }
  return lines;
}

const meaning = (item: Attributes, sequence: string): string => {
  const code = itemsOf(item, sequence)[0];
  return code ? stringOf(code, '00080104') || stringOf(code, '00080100') : '';
};

function lineOf(item: Attributes, depth: number): Line {
  const kind = stringOf(item, '0040A040');
  const reference = referenceOf(item);
  return {
    depth,
    isHeading: kind === 'CONTAINER',
    concept: meaning(item, '0040A043'),
    value: VALUES[kind]?.(item) ?? '',
    ...(reference ? { reference } : {}),
  };
}

const VALUES: Readonly<Record<string, (item: Attributes) => string>> = {
  TEXT: (item) => stringOf(item, '0040A160'),
  CODE: (item) => meaning(item, '0040A168'),
  NUM: measured,
  DATE: (item) => dateText(stringOf(item, '0040A121')),
  TIME: (item) => timeText(stringOf(item, '0040A122')),
  DATETIME: (item) => { const at = stringOf(item, '0040A120'); return `${dateText(at.slice(0, 8))} ${timeText(at.slice(8))}`.trim(); },
  PNAME: (item) => stringOf(item, '0040A123'),
  UIDREF: (item) => stringOf(item, '0040A124'),
  SCOORD: (item) => `${stringOf(item, '00700023')} ${numbersOf(item, '00700022').map((n) => Math.round(n * 10) / 10).join(', ')}`,
};

function measured(item: Attributes): string {
  const value = itemsOf(item, '0040A300')[0];
  if (!value) return meaning(item, '0040A301');
  const unit = itemsOf(value, '004008EA')[0];
  const code = unit ? stringOf(unit, '00080100') : '';
  return `${stringOf(value, '0040A30A')} ${code === '1' ? '' : code}`.trim();
}

function referenceOf(item: Attributes): Reference | undefined {
  const referenced = itemsOf(item, '00081199')[0];
  const uid = referenced ? stringOf(referenced, '00081155') : '';
  return referenced && uid ? { uid, frames: numbersOf(referenced, '00081160') } : undefined;
}
