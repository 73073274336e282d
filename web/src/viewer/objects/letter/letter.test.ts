// Is a document read as it is written, and refused when it is not well-formed or would bring more than words?
import { expect, test } from 'vitest';
import { readLetter } from './cda';
import { readXml } from './xml';

const cda = (text: string): string => `<?xml version="1.0"?><!-- c --><h:ClinicalDocument xmlns:h="urn:hl7-org:v3"><h:title>T &amp; &#65;&#x42;</h:title><h:effectiveTime value='20260102'/><h:component><h:structuredBody><h:component><h:section><h:title>S</h:title><h:text>${text}</h:text></h:section></h:component></h:structuredBody></h:component></h:ClinicalDocument>`;

test('title, facts, sections and their narrative', () => {
  expect(readLetter(cda('<h:paragraph>a <h:content styleCode="xBold">b</h:content><![CDATA[<c>]]></h:paragraph>'))).toEqual({
    title: 'T & AB', facts: [['written', '2026-01-02']],
    sections: [{ title: 'S', sections: [], pieces: [{ kind: 'paragraph', pieces: ['a ', { kind: 'bold', pieces: ['b'] }, '<c>'] }] }],
  });
});

test('tables keep their spans within reason, pictures and scripts are left out', () => {
  expect(readLetter(cda('<table><tr><td colspan="900">x</td></tr></table><img src="x" onerror="y"/><script>z</script>'))?.sections[0]?.pieces).toEqual([
    { kind: 'table', pieces: [{ kind: 'row', pieces: [{ kind: 'cell', span: { columns: 50, rows: 1 }, pieces: ['x'] }] }] }, { kind: 'inline', pieces: [] },
  ]);
});

test.each(['<a><b></a></b>', '<a>', '</a>', '<a/><b/>', 'words', '<a b=c/>', '<a b="<"/>', '<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>', '<x>'.repeat(600) + '</x>'.repeat(600), '<ClinicalDocument'])('%.40s is no document', (source) => {
  expect(readXml(source)).toBeUndefined();
});

test('what is no CDA is no letter, and unknown entities stay as they are', () => {
  expect(readLetter('<html/>')).toBeUndefined();
  expect(readXml('<!DOCTYPE a><a>&nbsp;&#0;</a>')?.children).toEqual(['&nbsp;']);
});
