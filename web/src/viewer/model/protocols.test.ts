// Is the protocol chosen that fits, does every series go where it is asked for, and is rubbish refused?
import { expect, test } from 'vitest';
import { ANY_PLACE, areProtocols, hungBy, protocolFor, type Candidate, type Protocol } from './protocols';

const series = (modality: string, description = '', bodyPart = ''): Candidate => ({ modality, description, bodyPart, nInstances: 1 });
const protocol = (change: Partial<Protocol>): Protocol => ({ name: 'p', modality: '', bodyPart: '', atLeast: 0, atMost: 0, layout: '1x2', places: [], ...change });
const place = (words: string, isPrior = false, modality = ''): Protocol['places'][0] => ({ modality, words, isPrior });

test.each([
  [{ modality: 'ct' }, true], [{ modality: 'MR' }, false], [{ bodyPart: 'chest' }, true], [{ bodyPart: 'HEAD' }, false], [{ atLeast: 2 }, true], [{ atLeast: 3 }, false],
  [{ atMost: 2 }, true], [{ atMost: 1 }, false], [{}, true], [{ modality: 'SR' }, false],
])('%j fits two CT series of a chest and a report: %s', (change, does) => {
  const study = [series('CT', 'a', 'CHEST'), series('CT', 'b', 'CHEST'), series('SR')];
  expect(protocolFor(study, [protocol(change)]) !== undefined).toBe(does);
});

test('the first that fits wins, and a study without images asks for none', () => {
  const all = [protocol({ name: 'head', bodyPart: 'HEAD' }), protocol({ name: 'ct', modality: 'CT' }), protocol({ name: 'any' })];
  expect(protocolFor([series('CT', '', 'CHEST')], all)?.name).toBe('ct');
  expect(protocolFor([series('SR')], all)).toBeUndefined();
});

test('cells take what they name; those that take anything take the rest in order; what is not there leaves a cell empty', () => {
  const study = [series('MR', 'T1 axial'), series('MR', 'T2 AXIAL fs'), series('SR', 'T2 axial'), series('MR', 'DWI')];
  const hung = hungBy(protocol({ layout: '2x2', places: [ANY_PLACE, place('axial t2'), place('FLAIR')] }), study, []);
  expect(hung).toEqual([{ isPrior: false, index: 0 }, { isPrior: false, index: 1 }, undefined, { isPrior: false, index: 3 }]);
  expect(hungBy(protocol({ places: [ANY_PLACE, place('T1')] }), study, []).map((one) => one?.index)).toEqual([1, 0]);
});

test('of the prior comes the series most alike', () => {
  const prior = [series('CR'), series('CT', 'bone'), series('CT', 'lung thin')];
  const hung = hungBy(protocol({ places: [place('lung'), place('', true)] }), [series('CT', 'lung')], prior);
  expect(hung).toEqual([{ isPrior: false, index: 0 }, { isPrior: true, index: 2 }]);
  expect(hungBy(protocol({ places: [ANY_PLACE, place('', true)] }), [series('CT')], [])[1]).toBeUndefined();
});

test('only whole protocols are believed', () => {
  const good = protocol({ places: [place('a')] });
  expect(areProtocols([good])).toBe(true);
  for (const bad of [null, {}, [null], [{ ...good, layout: '9x9' }], [{ ...good, atMost: -1 }], [{ ...good, places: [null] }], [{ ...good, places: [{ words: 1 }] }], [{ ...good, name: 7 }]]) expect(areProtocols(bad)).toBe(false);
});
