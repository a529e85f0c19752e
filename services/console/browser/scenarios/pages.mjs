// Every page, in English and Arabic, light and dark, without anything that axe finds, also where it is narrow.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { accessible, language, login, reflows, shot, theme } from '../look.mjs';

export default async function () {
  const folder = new URL('../pages/', import.meta.url);
  const pages = fs.readdirSync(folder).flatMap((f) => JSON.parse(fs.readFileSync(new URL(f, folder), 'utf8')));
  await Promise.all([look(pages, 'en', 'light'), look(pages, 'ar', 'dark')]);
}

// look opens every page in a language and in colours.
async function look(pages, code, colours) {
  const year = String(new Date().getUTCFullYear());
  const browsers = new Map();
  for (const { name, agency, path, user = 'approver', status = 200 } of pages) {
    const who = `${agency} ${user}`;
    if (!browsers.has(who)) {
      const page = await login(agency, user);
      await language(page, code);
      await theme(page, colours);
      browsers.set(who, page);
    }
    const page = browsers.get(who);
    page.troubles = [];
    const answer = await page.goto(path.replaceAll('{year}', year));
    assert.equal(answer.status(), status, `${name} in ${code}: ${answer.status()}`);
    assert.equal(await page.getAttribute('html', 'dir'), code === 'ar' ? 'rtl' : 'ltr');
    await accessible(page, `${name} in ${code}`);
    await reflows(page, `${name} in ${code}`);
    await shot(page, `${name}-${code}`);
    if (status === 200) assert.deepEqual(page.troubles, [], name);
  }
}
