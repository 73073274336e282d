// What does a CDA document say? Its header's facts and its sections' narrative (HL7 CDA R2, PS3.3 A.45.2), as plain nodes: nothing of it becomes markup.
import { readXml, type Element } from './xml';

/** A piece of narrative: text, or one of the few elements a reader needs. */
export type Piece = string | { readonly kind: Kind; readonly pieces: readonly Piece[]; readonly span?: { readonly columns: number; readonly rows: number } };
export type Kind = 'paragraph' | 'list' | 'ordered' | 'item' | 'table' | 'head' | 'body' | 'row' | 'header' | 'cell' | 'caption' | 'bold' | 'italic' | 'underline' | 'sub' | 'sup' | 'break' | 'inline';

export interface Section { readonly title: string; readonly pieces: readonly Piece[]; readonly sections: readonly Section[] }
export interface Letter { readonly title: string; readonly facts: readonly (readonly [name: FactName, value: string])[]; readonly sections: readonly Section[] }
export type FactName = 'patient' | 'patientId' | 'birthDate' | 'written' | 'author' | 'keeper' | 'signed';

const MOST_DEPTH = 40;
const KINDS: Readonly<Record<string, Kind>> = {
  paragraph: 'paragraph', list: 'list', item: 'item', table: 'table', thead: 'head', tbody: 'body', tfoot: 'body', tr: 'row', th: 'header', td: 'cell', caption: 'caption',
  br: 'break', sub: 'sub', sup: 'sup', content: 'inline', linkHtml: 'inline', footnote: 'inline',
};
// Neither words for a reader, nor anything that a page should take over.
const SKIPPED = new Set(['renderMultiMedia', 'script', 'style', 'col', 'colgroup']);

const children = (element: Element | undefined, name: string): Element[] => (element?.children ?? []).filter((child): child is Element => typeof child !== 'string' && child.name === name);
const child = (element: Element | undefined, ...path: string[]): Element | undefined => path.reduce<Element | undefined>((at, name) => children(at, name)[0], element);
const wholeText = (element: Element): string => element.children.map((one) => (typeof one === 'string' ? one : wholeText(one))).join('');
const textOf = (element: Element | undefined): string => (element ? wholeText(element) : '').replace(/\s+/g, ' ').trim();

/** Read a document; undefined when it is no well-formed CDA. */
export function readLetter(source: string): Letter | undefined {
  const root = readXml(source);
  if (root?.name !== 'ClinicalDocument') return undefined;
  const body = child(root, 'component', 'structuredBody');
  const plain = child(root, 'component', 'nonXMLBody', 'text');
  const sections = children(body, 'component').flatMap((component) => children(component, 'section')).map((section) => readSection(section, 0));
  return {
    title: textOf(child(root, 'title')) || (child(root, 'code')?.attributes.get('displayName') ?? ''),
    facts: factsOf(root),
    sections: plain && !plain.attributes.get('representation') ? [...sections, { title: '', pieces: [textOf(plain)], sections: [] }] : sections,
  };
}

function factsOf(root: Element): (readonly [FactName, string])[] {
  const role = child(root, 'recordTarget', 'patientRole');
  const patient = child(role, 'patient');
  const named = (element: Element | undefined): string => textOf(child(element, 'assignedPerson', 'name')) || textOf(child(element, 'representedOrganization', 'name'));
  const facts: [FactName, string][] = [
    ['patient', textOf(child(patient, 'name'))],
    ['patientId', children(role, 'id').map((id) => id.attributes.get('extension') ?? '').filter(Boolean).join(', ')],
    ['birthDate', timeOf(child(patient, 'birthTime'))],
    ['written', timeOf(child(root, 'effectiveTime'))],
    ['author', children(root, 'author').map((author) => named(child(author, 'assignedAuthor'))).filter(Boolean).join(', ')],
    ['signed', named(child(root, 'legalAuthenticator', 'assignedEntity'))],
    ['keeper', textOf(child(root, 'custodian', 'assignedCustodian', 'representedCustodianOrganization', 'name'))],
  ];
  return facts.filter(([, value]) => value);
}

/** Write an HL7 time (YYYYMMDDHHMM…) as 2026-11-20 14:15; anything else as it is. */
export function timeOf(element: Element | undefined): string {
  const value = element?.attributes.get('value') ?? '';
  const parts = /^(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d))?/.exec(value);
  return parts ? `${parts[1]}-${parts[2]}-${parts[3]}${parts[4] ? ` ${parts[4]}:${parts[5]}` : ''}` : value;
}

function readSection(section: Element, depth: number): Section {
  const text = child(section, 'text');
  const inner = depth < MOST_DEPTH ? children(section, 'component').flatMap((component) => children(component, 'section')) : [];
  return {
    title: textOf(child(section, 'title')) || (child(section, 'code')?.attributes.get('displayName') ?? ''),
    pieces: text ? piecesOf(text, 0) : [],
    sections: inner.map((one) => readSection(one, depth + 1)),
  };
}

function piecesOf(element: Element, depth: number): Piece[] {
  if (depth > MOST_DEPTH) return [textOf(element)];
  return element.children.flatMap((one): Piece[] => {
    if (typeof one === 'string') return /\S/.test(one) ? [one.replace(/\s+/g, ' ')] : [];
    return SKIPPED.has(one.name) ? [] : [{ kind: kindOf(one), pieces: piecesOf(one, depth + 1), ...spanOf(one) }];
  });
}

function kindOf(element: Element): Kind {
  if (element.name === 'list' && element.attributes.get('listType') === 'ordered') return 'ordered';
  const style = element.attributes.get('styleCode') ?? '';
  if (element.name === 'content' && /bold/i.test(style)) return 'bold';
  if (element.name === 'content' && /italic/i.test(style)) return 'italic';
  if (element.name === 'content' && /underline/i.test(style)) return 'underline';
  return KINDS[element.name] ?? 'inline';
}

function spanOf(element: Element): { span?: { columns: number; rows: number } } {
  const span = (name: string): number => Math.min(50, Math.max(1, Number.parseInt(element.attributes.get(name) ?? '', 10) || 1));
  return element.name === 'td' || element.name === 'th' ? { span: { columns: span('colspan'), rows: span('rowspan') } } : {};
}
