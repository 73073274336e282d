// How is a text written? Parameters in braces; a text with `one` and `other` is chosen by the parameter `n` (CLDR plural rules).
export type Words = string | { one: string; other: string };
export type Params = Record<string, string | number>;

/** Write words with their parameters; numbers are grouped as the locale does. */
export function written(words: Words, params: Params, locale: string): string {
  const chosen = typeof words === 'string' ? words : isOne(Number(params.n), locale) ? words.one : words.other;
  return chosen.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = params[name];
    return typeof value === 'number' ? grouped(value, locale) : (value ?? whole);
  });
}

// The first use of Intl costs more than ten rows of the list: it is asked only where its answer is not known already.

function isOne(n: number, locale: string): boolean {
  return n === 1 && new Intl.PluralRules(locale).select(n) === 'one';
}

function grouped(n: number, locale: string): string {
  return Number.isInteger(n) && n >= 0 && n < 1000 ? String(n) : n.toLocaleString(locale);
}
