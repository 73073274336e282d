// How is a text written? Parameters in braces; a text with `one` and `other` is chosen by the parameter `n` (CLDR plural rules).
export type Words = string | { one: string; other: string };
export type Params = Record<string, string | number>;

/** Write words with their parameters; numbers are grouped as the locale does. */
export function written(words: Words, params: Params, locale: string): string {
  const chosen = typeof words === 'string' ? words : new Intl.PluralRules(locale).select(Number(params.n)) === 'one' ? words.one : words.other;
  return chosen.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = params[name];
    return typeof value === 'number' ? value.toLocaleString(locale) : (value ?? whole);
  });
}
