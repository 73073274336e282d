// Do studies hang by the reader's own protocols, and do the corners say what the reader chose? Both are kept and found again.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

export async function run({ page, base, problems, study, shots, axe }) {
  const cells = () => page.locator('[data-testid^="cell-"]');
  const address = `${base}viewer?StudyInstanceUIDs=${study}`;
  const shown = async (n) => { await page.waitForFunction((at) => document.querySelectorAll('[data-testid^="cell-"]')[at]?.dataset.shown === 'true', n); };
  const saying = (n, words) => cells().nth(n).getByTestId('corner-topLeft').getByText(words).waitFor();
  const dialog = page.locator('dialog');
  await page.goto(address);
  for (const n of [0, 1]) await shown(n);

  // A protocol is made of what is shown: layout, series, body part. Then it is changed: MR first, one empty, CT of the prior, the CT.
  await page.keyboard.press('H');
  await page.getByRole('button', { name: 'New, from what is shown now' }).click();
  const named = (label) => dialog.getByLabel(label, { exact: true });
  assert.equal(await named('Modality').first().inputValue(), 'CT');
  assert.equal(await page.getByTestId('protocol-layout').inputValue(), '1x2');
  const words = (n) => named(`Words in the series description, cell ${n}`);
  const [ct, mr] = [await words(1).inputValue(), await words(2).inputValue()];
  assert.ok(ct && mr && ct !== mr, `${ct} and ${mr}`);
  await page.getByTestId('protocol-layout').selectOption('2x2');
  const fill = async (n, text, modality) => { await words(n).fill(text); await words(n).press('Tab'); await named(`Modality, cell ${n}`).fill(modality); await named(`Modality, cell ${n}`).press('Tab'); };
  await fill(1, mr, 'MR');
  await fill(2, 'no such series', '');
  await fill(3, '', 'CT');
  await page.getByTestId('place-2').getByRole('checkbox').check();
  await fill(4, ct, 'CT');
  await named('Name').fill('Body with prior');
  await named('Name').press('Tab');
  await page.getByTestId('protocol').getByText('fits this study').waitFor();
  await page.screenshot({ path: `${shots}/hanging.png` });
  await accessible(page, axe);
  await page.getByRole('button', { name: 'Done' }).click();

  const hangs = async () => {
    for (const n of [0, 2, 3]) await shown(n);
    assert.equal(await cells().count(), 4);
    assert.equal(await cells().nth(1).getByTestId('corner-topLeft').count(), 0);
    await saying(0, mr);
    await saying(3, ct);
    await cells().nth(2).getByText('2024-03-01').waitFor();
  };
  await page.goto(address);
  await hangs();
  await page.screenshot({ path: `${shots}/hung.png` });

  // For ten series and more it is not meant; "hang by it" does so all the same.
  await page.keyboard.press('H');
  await named('Series, at least').fill('10');
  await named('Series, at least').press('Tab');
  await page.getByText('fits this study').waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Done' }).click();
  await page.reload();
  for (const n of [0, 1]) await shown(n);
  assert.equal(await cells().count(), 2);
  await page.keyboard.press('H');
  await page.getByRole('button', { name: 'Hang this study by it' }).click();
  await hangs();
  await page.getByRole('button', { name: 'Delete' }).click();
  await page.getByText('No protocol yet').waitFor();
  await page.getByRole('button', { name: 'Done' }).click();

  // Corners of CT: the patient's name goes, the matrix comes, on a line with the window.
  await page.reload();
  for (const n of [0, 1]) await shown(n);
  await page.keyboard.press('E');
  assert.equal(await page.getByTestId('corner-modality').inputValue(), 'CT');
  await page.getByRole('button', { name: 'Patient name: remove' }).click();
  const right = page.getByTestId('edit-bottomRight');
  await right.getByLabel('Add to the corner').selectOption({ label: 'Matrix' });
  await right.getByLabel('Matrix: on the line of the one before').check();
  await right.getByRole('button', { name: 'Matrix: up' }).click();
  await right.getByRole('button', { name: 'Matrix: down' }).click();
  await page.screenshot({ path: `${shots}/corners.png` });
  await accessible(page, axe);
  await page.getByRole('button', { name: 'Done' }).click();
  const corner = (n, name) => cells().nth(n).getByTestId(`corner-${name}`);
  await page.reload();
  for (const n of [0, 1]) await shown(n);
  assert.match(await corner(0, 'bottomRight').innerText(), /C \S+ W \S+ · \d+ × \d+/);
  assert.ok(!(await corner(0, 'topLeft').innerText()).includes('小东'));
  // MR is as it was.
  assert.ok((await corner(1, 'topLeft').innerText()).includes('小东'));
  await page.keyboard.press('E');
  await page.getByRole('button', { name: 'Back to the usual' }).click();
  await page.getByRole('button', { name: 'Done' }).click();
  assert.ok((await corner(0, 'topLeft').innerText()).includes('小东'));
  assert.deepEqual(problems, []);
}

async function accessible(page, axe) {
  await page.evaluate(readFileSync(axe, 'utf8'));
  const { violations } = await page.evaluate((rules) => window.axe.run(document, { runOnly: rules }), RULES);
  assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(' | ')}`), []);
}
