// What every look at the console needs: a browser that is logged in at an agency of a lab.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { chromium } from 'playwright-core';
import axe from 'axe-core';

// LAB is the lab's folder, SHOTS where screenshots are kept, CHROMIUM the browser.
const { LAB, SHOTS, CHROMIUM } = process.env;

const logins = fs.readFileSync(path.join(LAB, 'logins.txt'), 'utf8').split('\n');
const secret = logins[0].split(' ')[1];

// console is where an agency's pages are, with "/" at the end.
export function consoleOf(agency) {
  const line = logins.find((l) => l.startsWith(agency + ' '));
  assert(line, `the lab has no agency ${agency}`);
  return line.split(' ')[1];
}

let browser;

export async function start() {
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}

export async function stop() {
  await browser?.close();
}

// login opens a browser of its own at an agency's console, as one of the lab's users: officer, approver or operator; of a node outside of the
// lab, with the console that "baseURL" names and the user's own word. What a page reports to its console or throws fails the run.
export async function login(agency, user = 'approver', { word = secret, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, baseURL: options.baseURL ?? consoleOf(agency), ...options });
  const page = await context.newPage();
  page.troubles = [];
  page.on('pageerror', (e) => page.troubles.push(`${page.url()}: ${e.message}`));
  page.on('console', (m) => {
    if (m.type() === 'error') page.troubles.push(`${page.url()}: ${m.text()}`);
  });
  await page.goto('login?next=' + encodeURIComponent('/console/list/licences'));
  await page.fill('#user', user);
  await page.fill('#secret', word);
  await page.click('main button[type=submit]');
  await page.waitForURL('**/list/licences');
  return page;
}

// language has pages in a language from now on.
export async function language(page, code) {
  await page.context().addCookies([{ name: 'counterfoil-language', value: code, url: new URL('/console', page.url()).href }]);
}

// theme has pages "light" or "dark" from now on.
export async function theme(page, name) {
  await page.context().addCookies([{ name: 'counterfoil-theme', value: name, url: new URL('/console', page.url()).href }]);
}

// accessible fails where a page does not conform to WCAG 2.2, levels A and AA, as far as axe can tell.
export async function accessible(page, what) {
  await page.evaluate(`${axe.source}; 0`); // what it comes to is not brought here
  const found = await page.evaluate(() => axe.run(document, { resultTypes: ['violations'], iframes: false, runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }));
  const said = found.violations.map((v) => `${v.id}: ${v.help}\n  ${v.nodes.slice(0, 5).map((n) => n.html.slice(0, 200)).join('\n  ')}`);
  assert.equal(said.length, 0, `${what}:\n${said.join('\n')}`);
}

// reflows fails where a page of 320 pixels has to be scrolled sideways (WCAG 2.2, 1.4.10); tables scroll by themselves.
export async function reflows(page, what) {
  const before = page.viewportSize();
  await page.setViewportSize({ width: 320, height: before.height });
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 320, `${what}: how wide it is where there are 320 pixels`);
  await page.setViewportSize(before);
}

// shot keeps a picture of a page, and one of what is seen of it at first.
export async function shot(page, name) {
  if (!SHOTS) return;
  await page.screenshot({ path: path.join(SHOTS, `${name}.png`), fullPage: true });
  await page.screenshot({ path: path.join(SHOTS, `${name}-top.png`) });
}

// quiet fails when a page has reported trouble.
export function quiet(page) {
  assert.deepEqual(page.troubles, []);
}
