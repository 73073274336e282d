// How is an untrusted XML document read? By this small reader, not by the browser's: its elements would be HTML where a document says so,
// with pictures that load and handlers that only the policy of the page stops. No document type, no entities but the five of XML 1.0 4.6.

/** An element by its local name, with its attributes and what it holds in order. */
export interface Element { readonly name: string; readonly attributes: ReadonlyMap<string, string>; readonly children: (Element | string)[] }

const MOST_DEPTH = 500;
const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };
const TOKEN = /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!\[CDATA\[([\s\S]*?)\]\]>|<!DOCTYPE[^>[]*>|<\/([^\s<>/=]+)\s*>|<([^\s<>/=!?]+)((?:\s+[^\s<>/=]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|[^<]+/y;
const ATTRIBUTE = /([^\s<>/=]+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/g;

const local = (name: string): string => name.slice(name.indexOf(':') + 1);

/** Read a document; undefined when it is not well-formed or brings declarations of its own. */
export function readXml(source: string): Element | undefined {
  const top: Element = { name: '', attributes: new Map(), children: [] };
  const open: { element: Element; written: string }[] = [{ element: top, written: '' }];
  const token = new RegExp(TOKEN);
  token.lastIndex = source.startsWith('\ufeff') ? 1 : 0;
  while (token.lastIndex < source.length) {
    const found = token.exec(source);
    const inner = open.at(-1);
    if (!found || !inner) return undefined;
    const [whole, cdata, closed, opened, attributes, isEmpty] = found;
    if (cdata !== undefined) inner.element.children.push(cdata);
    else if (closed !== undefined) {
      if (open.length < 2 || inner.written !== closed) return undefined;
      open.pop();
    } else if (opened !== undefined) {
      const element: Element = { name: local(opened), attributes: attributesOf(attributes ?? ''), children: [] };
      inner.element.children.push(element);
      if (!isEmpty) open.push({ element, written: opened });
      if (open.length > MOST_DEPTH) return undefined;
    } else if (!whole.startsWith('<')) inner.element.children.push(decoded(whole));
  }
  const elements = top.children.filter((child) => typeof child !== 'string');
  const isTextOutside = top.children.some((child) => typeof child === 'string' && child.trim());
  return open.length === 1 && elements.length === 1 && !isTextOutside ? elements[0] : undefined;
}

function attributesOf(written: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const [, name, double, single] of written.matchAll(ATTRIBUTE)) found.set(local(name ?? ''), decoded(double ?? single ?? ''));
  return found;
}

function decoded(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|(\w{1,8}));/gi, (whole, decimal?: string, hex?: string, named?: string) => {
    const point = decimal ? Number(decimal) : hex ? Number.parseInt(hex, 16) : undefined;
    if (point !== undefined) return point > 0 && point <= 0x10ffff ? String.fromCodePoint(point) : '';
    return ENTITIES[named ?? ''] ?? whole;
  });
}
