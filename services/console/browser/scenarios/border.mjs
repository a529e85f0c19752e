// An officer at the border, with a phone and a scanner: a licence that is live goes, and stops with its code once it is suspended. What was
// found elsewhere is traced.
import assert from 'node:assert/strict';
import { accessible, language, login, quiet, shot, theme } from '../look.mjs';
import { call, grant } from '../scene.mjs';

// scan types as a scanner does, into what has the focus, until the desk says what is waited for: the fact may still be on its way.
async function scan(page, text, verdict) {
  for (const give = Date.now() + 10000; ;) {
    await page.waitForFunction(() => document.activeElement?.id === 'q');
    await page.keyboard.type(text);
    assert.equal(await page.inputValue('#q'), text);
    await Promise.all([page.waitForURL('**/border?q=*'), page.waitForEvent('load'), page.keyboard.press('Enter')]);
    if (await page.locator(`.cf-verdict--${verdict}`).count()) return;
    assert(Date.now() < give, `${text} is no ${verdict}: ${await page.locator('main').innerText()}`);
  }
}

export default async function () {
  const licence = await grant();
  const number = licence.split('/')[1];
  const page = await login('customs', 'officer', { viewport: { width: 390, height: 800 } });
  await page.goto('border');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'q');
  await scan(page, number, 'go');
  assert.match(await page.locator('.cf-verdict').innerText(), /Go/);
  assert.match(await page.locator('.cf-left').innerText(), /^40 H87/);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert(wide <= 390, `the page is ${wide} wide on a phone`);
  await accessible(page, 'go on a phone');
  await shot(page, 'border-go-phone');

  await call('licensing', 'licensing.v1.LicensingService/SuspendLicence', { licenceId: licence, reason: 'the end user is in doubt' });
  await language(page, 'ar');
  await theme(page, 'dark');
  await page.goto('border');
  await scan(page, number, 'stop');
  const verdict = page.locator('.cf-verdict');
  assert.match(await verdict.innerText(), /منع/);
  assert.equal(await verdict.locator('.cf-mono').innerText(), 'DX02');
  assert.equal(await verdict.locator('a bdi').first().getAttribute('dir'), 'ltr');
  assert.equal(await verdict.locator('a bdi').first().innerText(), licence);
  await accessible(page, 'stop on a phone in Arabic');
  await shot(page, 'border-stop-phone-ar');
  quiet(page);

  const police = await login('enforcement');
  await police.goto('traces/open');
  for (const [name, value] of Object.entries({ serial: 'QX-7001', maker: 'Southgate Works', item: 'rifle', recovered_at: new Date().toISOString().slice(0, 10), found_country: 'XC', purpose: 'criminal proceedings' })) {
    await police.fill(`#open-${name}`, value);
  }
  await police.selectOption('#open-illicit', 'illicit_where_found');
  await police.click('.cf-form button');
  await police.waitForURL('**/traces/enforcement/T-*');
  await accessible(police, 'trace');
  await shot(police, 'trace-en');
  await language(police, 'ar');
  await police.reload();
  await accessible(police, 'trace in Arabic');
  await shot(police, 'trace-ar');
  quiet(police);
}
