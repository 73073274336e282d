// How does every view look? Pictures of each in both languages and both themes, with made-up studies; looked at, not compared.
export async function run({ page, base, shots }) {
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
    viewer: async () => { await page.goto(base); await page.locator('.row', { hasText: 'Sample CT chest' }).dblclick(); await page.locator('canvas').first().waitFor(); await page.waitForTimeout(2500); },
  };
  await page.emulateMedia({ reducedMotion: 'reduce' });
  for (const [language, theme] of [['en', 'light'], ['en', 'dark'], ['zh', 'light'], ['zh', 'dark']]) {
    await page.goto(base);
    await page.evaluate(([lang, dark]) => { localStorage.setItem('lumenarc.language', lang); localStorage.setItem('lumenarc.theme', dark); }, [language, theme]);
    for (const [name, open] of Object.entries(views)) {
      await open();
      await page.waitForTimeout(500);
      await page.screenshot({ path: `${shots}/${name}-${language}-${theme}.png` });
    }
  }
}
