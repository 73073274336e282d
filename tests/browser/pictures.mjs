// How does every view look? Pictures of each in both languages and both themes, with made-up studies; looked at, not compared.
import { openVolume, settled } from './viewer/planes.mjs';

export async function run({ page, base, shots, made }) {
  page.setDefaultTimeout(120_000);
  const open = async (study) => { await page.goto(`${base}viewer?StudyInstanceUIDs=${study}`); await page.locator('[data-testid="cell-0"][data-shown="true"]').waitFor(); };
  const series = (words) => page.getByTestId('series').filter({ hasText: words }).first().click();
  const views = {
    studies: async () => { await page.goto(base); await page.locator('.row b').nth(5).waitFor(); },
    study: async () => { await page.locator('.row b').nth(1).click(); await page.locator('aside article').first().waitFor(); },
    export: async () => {
      await page.locator('.row input').nth(1).click();
      await page.locator('[role=toolbar] .menu button').first().click();
      await page.locator('[role=toolbar] .panel button').first().click();
      await page.getByRole('dialog').waitFor();
    },
    header: async () => {
      const study = new URL(page.url()).searchParams.get('study');
      const [first] = await (await page.request.get(`${base}dicom-web/studies/${study}/series`, { headers: { Accept: 'application/dicom+json' } })).json();
      await page.goto(`${base}header?study=${study}&series=${first['0020000E'].Value[0]}`); await page.locator('tbody tr').nth(3).waitFor();
    },
    patients: async () => { await page.goto(`${base}patients`); await page.locator('tbody tr button').nth(1).click(); await page.locator('tr.study').first().waitFor(); },
    remote: async () => { await page.goto(`${base}remote`); await page.locator('h1').waitFor(); },
    dashboard: async () => { await page.goto(`${base}dashboard`); await page.locator('.tile').first().waitFor(); },
    jobs: async () => { await page.goto(`${base}jobs`); await page.locator('tbody tr').first().waitFor(); },
    devices: async () => { await page.goto(`${base}aes`); await page.locator('tbody tr').first().waitFor(); },
    trash: async () => { await page.goto(`${base}trash`); await page.locator('tbody tr').first().waitFor(); },
    settings: async () => { await page.goto(`${base}settings`); await page.locator('tbody tr').nth(5).waitFor(); },
    films: async () => { await page.goto(`${base}films`); await page.locator('h1').waitFor(); },
  };
  const viewer = {
    viewer: async () => { await page.goto(base); await page.locator('.row', { hasText: 'Sample CT chest' }).dblclick(); await page.locator('canvas').first().waitFor(); await page.waitForTimeout(2500); },
    planes: async () => { await openVolume(page, base, made.volume); await settled(page); },
    fusion: async () => { await page.keyboard.press('F'); await page.getByTestId('opacity').waitFor(); await page.locator('[data-testid="volume"][data-loaded="true"]').waitFor(); await settled(page); },
    body: async () => { await openVolume(page, base, made.volume); await page.keyboard.press('D'); await page.locator('[data-testid="model"][data-shown="true"]').waitFor(); await settled(page); },
    layers: async () => { await open(made.images); await series('Organs'); await page.getByTestId('layer-item').first().waitFor(); await series('Contours'); await series('Plan dose'); await page.getByTestId('reference-dose').waitFor(); },
    plan: async () => { await open(made.images); await series('RTPLAN'); await page.getByTestId('plan').waitFor(); },
    presented: async () => { await open(made.presented); await page.getByRole('button', { name: /^(Colours and presentation|颜色与显示状态)$/ }).click(); await page.getByTestId('state').click(); await settled(page); },
    slide: async () => { await page.goto(`${base}viewer?StudyInstanceUIDs=${made.slide}`); await page.locator('[data-testid="slide"][data-missing="0"]').waitFor(); },
    model: async () => { await page.goto(`${base}viewer?StudyInstanceUIDs=${made.documents}`); await series('Box'); await page.getByTestId('model-size').waitFor(); },
    letter: async () => { await page.goto(`${base}viewer?StudyInstanceUIDs=${made.documents}`); await series('CDA letter'); await page.locator('[data-testid="letter"] dl').waitFor(); },
  };
  await page.emulateMedia({ reducedMotion: 'reduce' });
  for (const [language, theme] of [['en', 'dark'], ['en', 'light'], ['zh', 'dark'], ['zh', 'light']]) {
    await page.goto(base);
    await page.evaluate(([lang, dark]) => { localStorage.setItem('lumenarc.language', lang); localStorage.setItem('lumenarc.theme', dark); }, [language, theme]);
    for (const [name, show] of Object.entries(theme === 'dark' ? { ...views, ...viewer } : views)) {
      await show();
      await page.waitForTimeout(500);
      await page.screenshot({ path: `${shots}/${name}-${language}-${theme}.png` });
    }
  }
}
