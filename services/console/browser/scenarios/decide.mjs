// A case is decided with the keyboard alone, and countersigned by a second person; and an application to the same end user is refused.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { accessible, login, quiet, shot } from '../look.mjs';

const { LAB } = process.env;
const year = new Date().getUTCFullYear();

function counterfoil(context, args, input) {
  return execFileSync('counterfoil', ['--context', context, ...args], { env: { ...process.env, COUNTERFOIL_HOME: LAB }, input, encoding: 'utf8' });
}

// Two persons sign what goes to the coast guard of XC, in this lab.
const policy = `name: four-eyes
version: 1
title: Two persons sign what goes to the coast guard of XC
legal_basis: fictional
valid_from: 2000-01-01
scope: destination == "XC" && end_use == "coast guard"
precedence: 10
decider: licensing
signatures: 2
`;

const application = JSON.stringify({
  deal: {
    kind: 'KIND_EXPORT', destination: 'XC', end_use: 'coast guard',
    parties: [
      { role: 'ROLE_EXPORTER', name: 'Alder Works', country: 'XA' },
      { role: 'ROLE_END_USER', name: 'Coast Guard of XC', country: 'XC' },
    ],
    lines: [{ rating: 'ML1.a', category: 'CATEGORY_VIII_SMALL_ARMS_LIGHT_WEAPONS', description: 'rifles', quantity: { thousandths: 20000, unit: 'H87' } }],
  },
});

// prepared puts the policy in force, adds the second person, and records two applications; it returns their ids.
function prepared() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'decide-'));
  try {
    const at = (name) => path.join(folder, name);
    fs.writeFileSync(at('policy.yaml'), policy);
    fs.writeFileSync(at('application.json'), application);
    counterfoil('authority', ['policy', 'adopt', at('policy.yaml')]);
    const secret = fs.readFileSync(path.join(LAB, 'logins.txt'), 'utf8').split('\n')[0].split(' ')[1];
    const roles = ['viewer', 'officer', 'approver'].flatMap((r) => ['--role', r]);
    execFileSync('counterfoil', ['user', 'add', 'countersigner', '--dir', path.join(LAB, 'licensing'), ...roles, '--secret-file', '-'], { input: secret });
    return [1, 2].map(() => /licensing\/A-\d+-\d+/.exec(counterfoil('licensing', ['licence', 'apply', '-f', at('application.json')]))[0]);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

// focused says where the focus is, and fails where it cannot be seen.
async function focused(page) {
  const at = await page.evaluate(() => {
    const e = document.activeElement;
    const mark = e.matches('.govuk-radios__input, .govuk-checkboxes__input') ? [e.nextElementSibling, '::before'] : [e];
    const style = getComputedStyle(...mark);
    return {
      tag: e.tagName, id: e.id, text: e.textContent.trim().slice(0, 80), href: e.getAttribute('href') ?? '', class: e.className,
      seen: e === document.body || style.outlineStyle !== 'none' || style.boxShadow !== 'none',
    };
  });
  assert(at.seen, `the focus cannot be seen on ${JSON.stringify(at)} of ${page.url()}`);
  return at;
}

// to tabs until the focus is where it should be.
async function to(page, what, wanted) {
  for (let i = 0; i < 200; i++) {
    await page.keyboard.press('Tab');
    if (wanted(await focused(page))) return;
  }
  assert.fail(`nothing but the mouse gets to ${what} on ${page.url()}`);
}

const link = (page, end) => to(page, end, (at) => at.tag === 'A' && at.href.endsWith(end));
const field = (page, id) => to(page, id, (at) => at.id === id);
const button = (page, text) => to(page, text, (at) => at.tag === 'BUTTON' && at.text === text);

async function enter(page) {
  await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
}

// skip goes to the content by the link that is the first of every page.
async function skip(page) {
  await page.keyboard.press('Tab');
  assert.equal((await focused(page)).href, '#main');
  await page.keyboard.press('Enter');
}

// finding chooses an option, by how many there are before it, and gives a reason.
async function finding(page, id, name, options) {
  await field(page, id);
  await page.keyboard.press('Space');
  for (let i = 0; i < options; i++) await page.keyboard.press('ArrowDown');
  await field(page, name);
  await page.keyboard.type('none found');
}

export default async function () {
  const [granted, refused] = prepared();
  const page = await login('licensing');
  await link(page, '/console/decide');
  await enter(page);
  await skip(page);
  await link(page, granted);
  await enter(page);

  await link(page, '/prohibitions');
  await enter(page);
  await skip(page);
  await button(page, 'Record the check');
  await enter(page);
  assert.match((await focused(page)).class, /govuk-error-summary/, 'after an error the focus is at the summary');
  await accessible(page, 'a form that was not filled in');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  assert.equal((await focused(page)).id, 'f6-1-result', 'the summary leads to the field');
  await page.keyboard.press('Space');
  await field(page, 'f6-1-reason');
  await page.keyboard.type('none');
  for (const f of ['f6-2', 'f6-3']) await finding(page, `${f}-result`, `${f}-reason`, 0);
  await button(page, 'Record the check');
  page.troubles = []; // the form that was not filled in was answered by 422
  await enter(page);

  await link(page, '/risk');
  await enter(page);
  await skip(page);
  for (const f of ['f7-1-a', 'f7-1-b-i', 'f7-1-b-ii', 'f7-1-b-iii', 'f7-1-b-iv', 'f7-4', 'f11']) await finding(page, `${f}-level`, `${f}-reason`, 1);
  await button(page, 'Record the assessment');
  await enter(page);
  await shot(page, 'decide-tasks');

  await link(page, '/decision');
  await enter(page);
  await skip(page);
  await field(page, 'outcome');
  await page.keyboard.press('Space');
  await button(page, 'Continue');
  await enter(page);
  await field(page, 'valid_until');
  await page.keyboard.type(`${year + 2}-12-31`);
  await button(page, 'Show what would be recorded and who would read it');
  await enter(page);
  assert.match(await page.textContent('main'), /Nothing has been recorded yet/);
  await accessible(page, 'what a grant would record');
  await shot(page, 'decide-preview');
  await button(page, 'Grant the licence');
  await enter(page);
  assert.match(await page.textContent('main'), /Another person has to sign it/);

  await link(page, `${granted}/sign`);
  await enter(page);
  assert.match(await page.textContent('main'), /four eyes/, 'who proposed does not sign');
  const second = await login('licensing', 'countersigner');
  await second.goto(`decide/${granted}/sign`);
  await shot(second, 'decide-sign');
  await button(second, 'Sign this decision');
  await enter(second);
  assert.match(await second.textContent('main'), new RegExp(`licensing/L-${year}-\\d+`));
  await shot(second, 'decide-decided');

  // The other one is refused: by the mouse, and told to others.
  await page.goto(`decide/${refused}/decision?outcome=deny`);
  await page.fill('#criteria', '7(1)(b)(i)');
  await page.fill('#reason', 'the end user is not known');
  await page.getByRole('button', { name: 'Show what would be recorded' }).click();
  await page.getByRole('button', { name: 'Refuse the application' }).click();
  await second.goto(`decide/${refused}/sign`);
  await second.getByRole('button', { name: 'Sign this decision' }).click();
  await second.getByRole('link', { name: /licensing\/N-/ }).click();
  await second.goto('denials');
  await second.getByRole('link', { name: /licensing\/N-/ }).click();
  await accessible(second, 'a denial');
  await shot(second, 'denial');
  quiet(page);
  quiet(second);
}
