// Do people of each role get in, see what they may, and out? The first user is made on the page; axe looks at every new page.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

const PASSWORD = 'correct horse';

async function violations(page, source) {
  await page.evaluate(source);
  const { violations: found } = await page.evaluate(() => window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }));
  return found.map((one) => `${one.id}: ${one.nodes.map((node) => `${node.target.join(' ')} ${node.failureSummary ?? ''}`).join(' | ')}`);
}

export async function run({ page, base, problems, context, shots, axe }) {
  const source = readFileSync(axe, 'utf8');
  const wrong = [];
  const look = async (name) => {
    await page.waitForLoadState('networkidle').catch(() => undefined);
    await page.screenshot({ path: `${shots}/${name}.png` });
    wrong.push(...(await violations(page, source)).map((one) => `${name}: ${one}`));
  };
  const signIn = async (name, password = PASSWORD) => {
    await page.getByLabel('Name').fill(name);
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
  };
  const menu = (name) => page.getByRole('button', { name: `Signed in as ${name}` });
  const add = async (name, role) => {
    await page.getByRole('button', { name: 'Add a user' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill(name);
    if (role) await dialog.getByLabel('Role').selectOption(role);
    await dialog.getByLabel('New password').fill(PASSWORD);
    await dialog.getByRole('button', { name: 'Save' }).click();
  };
  await page.emulateMedia({ reducedMotion: 'reduce' });

  // Nobody has to sign in until there is a user.
  await page.goto(base + 'settings');
  await page.getByRole('link', { name: 'Users' }).click();
  await page.getByText('There are no users yet').waitFor();
  await look('users-none');
  await add('anna');
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  assert.equal(new URL(page.url()).pathname, '/users');
  await signIn('anna', 'not the password');
  await page.getByRole('alert').waitFor();
  await look('sign-in-wrong');
  await signIn('Anna');
  await add('vera', 'viewer');
  await page.getByRole('cell', { name: 'vera', exact: true }).waitFor();
  await add('otto', 'operator');
  await page.getByRole('cell', { name: 'otto', exact: true }).waitFor();
  await look('users');
  await page.getByLabel('Role of anna').selectOption('viewer');
  await page.getByText('This is the last administrator.').waitFor();

  // A session that ends in the middle of work leads to the sign-in, and back to where one was.
  await page.goto(base);
  await page.locator('.row b').first().click();
  await page.locator('aside h2').waitFor();
  await context.clearCookies();
  await page.getByRole('searchbox').first().fill('CompressedSamples');
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  for (const theme of ['light', 'dark']) {
    await page.evaluate((name) => { document.documentElement.dataset.theme = name; }, theme);
    await look(`sign-in-${theme}`);
    await page.getByRole('button', { name: '简体中文' }).click();
    await look(`sign-in-zh-${theme}`);
    await page.getByRole('button', { name: 'English' }).click();
  }
  await page.evaluate(() => { delete document.documentElement.dataset.theme; });
  await signIn('anna');
  await page.locator('aside h2').waitFor();
  assert.match(page.url(), /study=1/);

  // A token made on the page works for a program.
  await menu('anna').click();
  await page.getByRole('link', { name: 'Your account' }).click();
  await page.getByLabel('What it is for').fill('gateway');
  await page.getByRole('button', { name: 'Make a token' }).click();
  const token = await page.locator('code').innerText();
  await look('account');
  const answer = await fetch(`${base}dicom-web/studies`, { headers: { Authorization: `Bearer ${token}` } });
  assert.equal(answer.status, 200);
  assert.equal((await fetch(`${base}dicom-web/studies`)).status, 401);
  await page.getByRole('button', { name: 'Revoke gateway' }).click();
  await page.getByText('There are no tokens.').waitFor();
  assert.equal((await fetch(`${base}dicom-web/studies`, { headers: { Authorization: `Bearer ${token}` } })).status, 401);

  // Who only looks is offered nothing else, and refused all the same.
  await menu('anna').click();
  await page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await signIn('vera');
  await menu('vera').waitFor();
  for (const name of ['Devices', 'Trash', 'Settings']) assert.equal(await page.locator('nav').getByText(name).count(), 0, name);
  assert.equal(await page.getByRole('button', { name: 'Upload' }).count(), 0);
  await page.locator('.row b').first().click();
  await page.locator('aside h2').waitFor();
  assert.equal(await page.locator('aside').getByRole('button', { name: 'Send' }).count(), 0);
  await page.locator('aside .actions .menu button').first().click();
  assert.deepEqual((await page.locator('aside .actions .panel .item').allInnerTexts()).map((text) => text.trim()), ['Export…', 'Corrections']);
  await look('viewer-role');
  const refused = await page.evaluate(async () => {
    const said = await fetch('/api/delete', { method: 'POST', body: '{"items": []}' });
    return [said.status, (await said.json()).error];
  });
  assert.deepEqual(refused, [403, 'Your role does not allow this.']);
  await page.goto(base + 'dashboard');
  await page.getByRole('heading').nth(1).waitFor();
  assert.equal(await page.locator('.error-box').count(), 0);

  // Changing one's own password.
  await page.goto(base + 'account');
  await page.getByRole('button', { name: 'Change password' }).click();
  await look('password');
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Present password').fill(PASSWORD);
  await dialog.getByLabel('New password, at').fill('battery staple');
  await dialog.getByLabel('New password once more').fill('battery staple');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await page.getByText('The password is changed.').waitFor();
  await page.getByRole('button', { name: 'Sign out everywhere' }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await signIn('vera', 'battery staple');
  await menu('vera').waitFor();

  assert.deepEqual(wrong, []);
  // The refusals were meant: they and what the browser says about them are no problems.
  assert.deepEqual(problems.filter((one) => !/\b(401|403|409)\b/.test(one)), []);
}
