// Is every word said in both languages, with the same parameters, and used somewhere?
import { expect, test } from 'vitest';
import type { Words } from './words';

type Dictionary = Record<string, Words>;
const dictionaries = import.meta.glob<Dictionary>('./{en,zh}/*.ts', { import: 'default', eager: true });
const sources = import.meta.glob<string>(['../**/*.{ts,svelte}', '!../i18n/**'], { query: '?raw', import: 'default', eager: true });
const areas = Object.keys(dictionaries).filter((path) => path.startsWith('./en/')).map((path) => path.slice(5, -3));

const forms = (words: Words): string[] => (typeof words === 'string' ? [words] : [words.one, words.other]);
const params = (words: Words): string[] => [...new Set(forms(words).flatMap((form) => form.match(/\{\w+\}/g) ?? []))].sort();

test('there are areas, and none exists in one language only', () => {
  expect(areas.length).toBeGreaterThan(1);
  expect(Object.keys(dictionaries).filter((path) => path.startsWith('./zh/')).map((path) => path.slice(5, -3)).sort()).toEqual([...areas].sort());
});

test.each(areas)('%s: both languages have the same keys and parameters, and no empty text', (area) => {
  const [en, zh] = [dictionaries[`./en/${area}.ts`] ?? {}, dictionaries[`./zh/${area}.ts`] ?? {}];
  expect(Object.keys(zh).sort()).toEqual(Object.keys(en).sort());
  for (const key of Object.keys(en)) {
    expect(params(zh[key] ?? ''), key).toEqual(params(en[key] ?? ''));
    for (const form of [...forms(en[key] ?? ''), ...forms(zh[key] ?? '')]) expect(form.trim(), key).not.toBe('');
  }
});

test.each(areas)('%s: every key is used by a file that speaks this area', (area) => {
  const users = Object.values(sources).filter((source) => source.includes(`i18n/${area}'`)).join('\n');
  const unused = Object.keys(dictionaries[`./en/${area}.ts`] ?? {}).filter((key) => !users.includes(`'${key}'`));
  expect(unused).toEqual([]);
});

test('Chinese texts are Chinese', () => {
  const names = /^[\w\s./·:{}（）()%+-]*$/;
  for (const area of areas) {
    for (const [key, words] of Object.entries(dictionaries[`./zh/${area}.ts`] ?? {})) {
      const same = dictionaries[`./en/${area}.ts`]?.[key];
      if (JSON.stringify(words) === JSON.stringify(same)) expect(forms(words).every((form) => names.test(form) && form.length < 24), `${area}.${key}`).toBe(true);
    }
  }
});
