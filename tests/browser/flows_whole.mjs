// What holds on every page: the language, faults in words, changes in force, sessions, the keyboard.
import { baseB, button, dialog, done, facts, field, flow, look, must, open, person, signIn, stage } from './world.mjs';

flow('English: every page, every dialog that a menu leads to, with nothing of the page left in Chinese', async () => {
  const page = await person(baseB);
  await signIn(page, 'admin', facts.password);
  await button(page, 'English').click();
  const names = { '': 'Overview', queue: 'Queue', inbox: 'Refused messages', retractions: 'Retractions', audit: 'Audit', figures: 'Figures', mapping: 'Code mapping', tables: 'Code tables', partners: 'Partners', agreements: 'Agreements', calendar: 'Expiry calendar', history: 'Changes', users: 'Users' };
  must((await page.locator('nav a').count()) === Object.keys(names).length, 'every page of the menu is walked through');
  // Words of the page itself: labels, headings, buttons, headings of tables, helps. What a hospital calls itself and its items stays.
  const chinese = (where) => where.locator('h1,h2,h3,label,button,th,[role=columnheader],.help,.empty,.badge,.legend,.notice').evaluateAll((all) => all.map((e) => [...e.childNodes].filter((n) => n.nodeType === 3).map((n) => n.textContent).join('')).filter((s) => /[\u4e00-\u9fff]/.test(s) && !/医院|中文/.test(s)));
  for (const [path, heading] of Object.entries(names)) {
    await open(page, path, heading);
    await page.waitForLoadState('networkidle');
    if (path === 'figures') await page.locator('canvas').first().waitFor();
    if (path === 'audit') { await button(page, 'Search').click(); await page.getByRole('table', { name: 'Audit trail' }).waitFor(); }
    await look(page, `en-${path || 'overview'}`);
    const left = (await chinese(page)).filter((s) => path !== 'mapping');
    must(left.length === 0, `${heading}: still Chinese: ${left.slice(0, 5).join(' | ')}`);
  }
  const dialogs = [['partners', 'Partners', 'Add a partner'], ['partners', 'Partners', 'Change county_hospital'], ['agreements', 'Agreements', 'Change county_hospital_2026'], ['agreements', 'Agreements', 'New agreement'], ['users', 'Users', 'Add a user'],
    ['mapping', 'Code mapping', 'Import CSV'], ['mapping', 'Code mapping', 'History and undo'], ['tables', 'Code tables', 'Add a row'], ['tables', 'Code tables', 'Change as CSV'], ['', 'Overview', 'Password']];
  for (const [path, heading, press] of dialogs) {
    await open(page, path, heading);
    await button(page, press).click();
    await dialog(page).waitFor();
    await look(page, `en-dialog-${press.toLowerCase().replaceAll(' ', '-')}`);
    const left = await chinese(dialog(page));
    must(left.length === 0, `${press}: still Chinese: ${left.slice(0, 5).join(' | ')}`);
    await page.keyboard.press('Escape');
    await dialog(page).waitFor({ state: 'detached' });
  }
  done(page);
});

flow('every fault that the interface can give is shown in words, with the next step, in both languages', async () => {
  const sentences = await stage('sentences');
  must(sentences.length > 300, `the whole catalogue: ${sentences.length}`);
  const page = await person(baseB);
  await signIn(page, 'admin', facts.password);
  await open(page, 'audit', '审计');
  // Forty at a time: the first as the fault, all of them as its findings.
  let batch = [];
  await page.route('**/api/v1/audit', (route) => route.fulfill({ status: 422, contentType: 'application/json', body: JSON.stringify({ error: { where: '', ...batch[0] }, findings: batch.map((s) => ({ where: 'local.toml:17', severity: 'error', ...s })) }) }));
  const plain = (text) => text.replace(/\s+/g, ' ').trim();
  for (const language of ['zh', 'en']) {
    if (language === 'en') await button(page, 'English').click();
    for (let i = 0; i < sentences.length; i += 40) {
      batch = sentences.slice(i, i + 40);
      await button(page, language === 'zh' ? '查找' : 'Search').click();
      const fault = page.locator('.fault').filter({ has: page.locator('strong', { hasText: batch[0][language] }) });
      await fault.waitFor();
      const shown = plain(await fault.innerText());
      for (const sentence of batch) {
        must(shown.includes(plain(sentence[language])), `${sentence.id} is not shown: ${sentence[language]}`);
        must(!shown.includes(`[${sentence.id}]`), `${sentence.id}: an id is no sentence`);
      }
    }
  }
  await look(page, 'fault-en');
  // What no answer at all looks like.
  await page.route('**/api/v1/audit', (route) => route.abort());
  await button(page, 'Search').click();
  await page.getByText('Cannot reach huren: check the network').waitFor();
  await page.route('**/api/v1/audit', (route) => route.fulfill({ status: 502, contentType: 'text/html', body: '<h1>Bad gateway</h1>' }));
  await button(page, 'Search').click();
  await page.getByText('Cannot reach huren: check the network').waitFor();
  page.faults = page.faults.filter((f) => !f.startsWith('console: Failed to load resource'));
  done(page);
});

flow('put in force while the HIS works on, and the pages come back by themselves', async () => {
  const page = await person(baseB);
  await signIn(page, 'admin', facts.password);
  await open(page, 'agreements', '互认协议');
  await button(page, '修改 county_hospital_2026').click();
  await field(dialog(page), '最低医院等级').fill('1');
  await button(dialog(page), '保存').click();
  await button(page, '立即生效').click();
  await page.getByText('有更改已保存，但还没有生效').waitFor({ state: 'detached' });
  must((await stage('results')) > 0, 'the HIS goes on asking');
  done(page);
});

flow('a session that ended: signed in again over the page, what was typed stays', async () => {
  const page = await person(baseB);
  await signIn(page, 'admin', facts.password);
  await open(page, 'audit', '审计');
  await field(page, '谁').fill('doctor:D1027');
  await page.context().clearCookies();
  await page.getByRole('heading', { name: '登录已过期' }).waitFor();
  await look(page, 'session-ended');
  await field(dialog(page), /的密码/).fill(facts.password);
  await button(dialog(page), '登录').click();
  await dialog(page).waitFor({ state: 'detached' });
  must((await field(page, '谁').inputValue()) === 'doctor:D1027', 'what was typed stays');
  await button(page, '查找').click();
  await page.getByText('doctor:D1027').first().waitFor();
  done(page);
});

flow('the keyboard alone: sign in, move through the menu, open a dialog and leave it', async () => {
  const page = await person(baseB);
  await page.goto(baseB + '/');
  await field(page, '用户名').focus();
  await page.keyboard.type('admin');
  await page.keyboard.press('Tab');
  await page.keyboard.type(facts.password);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: '概况' }).waitFor();
  await page.getByRole('link', { name: '伙伴', exact: true }).focus();
  await page.keyboard.press('Enter');
  await button(page, '修改 county_hospital').waitFor();
  await button(page, '修改 county_hospital').focus();
  await page.keyboard.press('Enter');
  await dialog(page).waitFor();
  must(await page.evaluate(() => document.querySelector('dialog').contains(document.activeElement)), 'the focus is in the dialog');
  await page.keyboard.press('Escape');
  await dialog(page).waitFor({ state: 'detached' });
  done(page);
});
