// Does an empty archive say how images get in, and do they get in?
import assert from 'node:assert/strict';
import { accessible } from '../axe.mjs';

export async function run({ page, base, problems, shots, dicom_port, folder, file }) {
  await page.goto(base);
  await page.getByRole('heading', { name: 'Bring in the first images' }).waitFor();
  const commands = await page.locator('.welcome code').allTextContents();
  assert.ok(commands.includes(`storescu -c LUMENARC@127.0.0.1:${dicom_port} FOLDER`), commands.join('\n'));
  await page.screenshot({ path: `${shots}/welcome.png` });
  await accessible(page, 'welcome');

  await page.getByRole('button', { name: 'Load sample studies' }).click();
  const grid = page.getByRole('grid', { name: 'Studies' });
  await grid.getByText('王 小东').waitFor({ timeout: 60_000 });
  await page.getByRole('status').getByText('4 studies').waitFor();

  const choose = async (item, path) => {
    await page.getByRole('button', { name: 'Upload', exact: true }).click();
    const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.getByRole('button', { name: item }).click()]);
    await chooser.setFiles(path);
  };
  await choose('Choose files…', file);
  const panel = page.getByRole('region', { name: 'Upload' });
  await panel.getByRole('heading', { name: 'Upload finished' }).waitFor();
  await panel.getByText('1 stored').waitFor();
  await page.getByRole('status').getByText('5 studies').waitFor();

  await choose('Choose a folder…', folder);
  await panel.getByText('1 failed').waitFor();
  assert.match(await panel.getByRole('listitem').first().textContent(), /readme\.txt.*no DICOM/);
  await panel.getByText('2 files').waitFor();
  await page.screenshot({ path: `${shots}/upload.png` });
  await accessible(page, 'upload');
  await page.getByRole('status').getByText('6 studies').waitFor();
  await panel.getByRole('button', { name: 'Close' }).click();
  assert.equal(await panel.count(), 0);
  assert.deepEqual(problems, []);
}
