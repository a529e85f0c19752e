// Lists, dossiers, moments of the past, and what comes while somebody looks.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { language, login, quiet } from '../look.mjs';

const run = promisify(execFile);
const licence = `licensing/L-${new Date().getUTCFullYear()}-000001`;
const reason = 'checked by two browsers';

// says runs a command at licensing's node.
const says = (...args) => run('counterfoil', ['--context', 'licensing', ...args], { env: { ...process.env, COUNTERFOIL_HOME: process.env.LAB } });

export default async function () {
  const page = await login('licensing');
  await bookmarked(page);
  await past(page);
  await printed(page);
  await live(page);
  quiet(page);
  await rightToLeft(page);
}

// Filters stand in the address: a bookmark finds them again, and the way back leads through what was asked.
async function bookmarked(page) {
  await page.goto('list/licences');
  await page.selectOption('[id="f.status"]', 'suspended');
  await page.click('.cf-filters button');
  await page.waitForURL('**f.status=suspended**');
  assert.equal(await page.inputValue('[id="f.status"]'), 'suspended');
  const found = await page.locator('#rows tbody tr').allTextContents(); // other scenarios may have suspended others
  assert(found.length > 0 && found.every((row) => row.includes('Suspended')) && found.some((row) => row.includes(licence)), found.join());
  const bookmark = page.url();
  await page.click(`text=${licence}`);
  await page.waitForURL(`**/records/${licence}`);
  await page.goBack();
  assert.equal(page.url(), bookmark);
  assert.equal(await page.inputValue('[id="f.status"]'), 'suspended');
  await page.goBack();
  assert.equal(await page.inputValue('[id="f.status"]'), '');
}

// On paper no link has its address within the console behind it, over other text.
async function printed(page) {
  await page.goto(`records/${licence}`);
  await page.emulateMedia({ media: 'print' });
  const behind = await page.$$eval('main a', (links) => links.map((a) => getComputedStyle(a, '::after').content));
  assert.deepEqual([...new Set(behind)], ['none']);
  await page.emulateMedia({ media: null });
}

// The slider stops at events, by keyboard, keeps the focus, says where it is, and stands in the address.
async function past(page) {
  await page.goto(`records/${licence}`);
  const status = () => page.textContent('h1 .cf-tag');
  const now = await page.inputValue('#stop');
  assert.equal(await status(), 'Suspended');
  await page.focus('#stop');
  await page.keyboard.press('Home');
  await page.waitForURL('**as_of=**');
  await page.waitForFunction(() => document.querySelector('h1 .cf-tag').textContent === 'Granted');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'stop');
  assert.match(await page.getAttribute('#stop', 'aria-valuetext'), /^Moment 1 of \d+, .* UTC: Licence granted$/);
  assert.equal(await page.textContent('#asof-shown'), await page.getAttribute('#stop', 'aria-valuetext'));
  assert.equal(await page.locator('.moj-timeline__item').count(), 1);
  const then = page.url();
  await page.keyboard.press('ArrowRight');
  await page.waitForURL((url) => url.href !== then && url.href.includes('as_of='));
  await page.goBack();
  await page.waitForURL(then);
  await page.waitForFunction(() => document.querySelector('#stop').value === '0');
  await page.goto(then);
  assert.equal(await status(), 'Granted');
  assert.equal(await page.inputValue('#stop'), '0');
  await page.click('text=What changed since');
  await page.waitForURL('**/diff?from=**');
  assert.match(await page.textContent('.cf-box'), /Granted\s*Suspended/);
  await page.goto(`records/${licence}`);
  assert.equal(await page.inputValue('#stop'), now);
}

// Two browsers at two agencies hear of one event while they look, and nothing that they read moves.
async function live(page) {
  const other = await login('customs');
  await page.goto('list/licences');
  await other.goto(`records/${licence}`);
  await other.evaluate(() => window.scrollTo(0, 400));
  const before = await other.evaluate(() => [window.scrollY, document.querySelector('#dossier').innerHTML]);
  try {
    await says('licence', 'reinstate', licence, '--reason', reason);
    await Promise.all([page, other].map((p) => p.waitForSelector('#live a')));
    assert.equal(await other.textContent('#live'), '1 new event – show it');
    assert.equal(await page.textContent('#live'), '1 new event – show it');
    assert.equal(await other.getAttribute('#live', 'role'), 'status');
    assert.deepEqual(await other.evaluate(() => [window.scrollY, document.querySelector('#dossier').innerHTML]), before);
  } finally {
    await says('licence', 'suspend', licence, '--reason', 'diversion confirmed by enforcement');
  }
  await other.waitForFunction(() => document.querySelector('#live').textContent.startsWith('2 '));
  await other.click('#live a');
  await other.waitForFunction((text) => document.querySelector('#dossier').textContent.includes(text), reason);
  assert.equal(await other.textContent('#live'), '');
  quiet(other);
}

// Identifiers and figures stand from left to right in a page that is written from right to left.
async function rightToLeft(page) {
  await language(page, 'ar');
  await page.goto(`records/${licence}`);
  assert.equal(await page.getAttribute('html', 'dir'), 'rtl');
  const inOrder = ([where, first, last]) => {
    const text = document.createTreeWalker(document.querySelector(where), NodeFilter.SHOW_TEXT).nextNode();
    const left = (part) => {
      const range = document.createRange();
      range.setStart(text, text.data.indexOf(part));
      range.setEnd(text, text.data.indexOf(part) + part.length);
      return range.getClientRects()[0].left;
    };
    return left(first) < left(last);
  };
  assert(await page.evaluate(inOrder, ['h1 bdi', 'licensing', '000001']), 'the id is turned around');
  assert(await page.evaluate(inOrder, ['.cf-quantity__left bdi strong', '200', '500']), 'the quantity is turned around');
}
