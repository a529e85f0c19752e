// A report from its first draft to what is handed over: worked out, each figure down to its signed events, answered, frozen, downloaded.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { accessible, language, login, quiet, shot } from '../look.mjs';

const year = new Date().getUTCFullYear();

// record puts figures that a partner published on record, as the command that reads its file does.
async function record(page, method, request) {
  const token = fs.readFileSync(path.join(process.env.LAB, 'reporting', 'token'), 'utf8').trim();
  const answer = await page.request.post(new URL(`/counterfoil.reporting.v1.ReconciliationService/${method}`, page.url()).href, {
    data: { source: 'eu-armsexports', edition: `${year}-01-01`, ...request }, headers: { Authorization: `Bearer ${token}` },
  });
  assert(answer.ok(), await answer.text());
}

// press sends a form, which is named by the end of where it goes, and waits for the page that comes of it.
async function press(page, form) {
  await Promise.all([page.waitForNavigation(), page.click(`main form[action*="${form}"] button[type=submit]`)]);
}

// looked at is a page in Arabic, from right to left; the next one is in English again.
async function looked(page, name) {
  await language(page, 'ar');
  await page.reload();
  await accessible(page, name);
  await shot(page, name);
  await language(page, 'en');
}

export default async function () {
  const office = await login('reporting');
  await language(office, 'en');

  // Returns are asked for, and licensing submits its own as it stands in its records.
  await office.goto('returns');
  await office.fill('#ask-year', String(year));
  await press(office, '/console/returns');
  const licensing = await login('licensing');
  await language(licensing, 'en');
  await licensing.goto('returns');
  await licensing.click('text=Prepare and submit');
  await licensing.waitForSelector('#nil-imports');
  await looked(licensing, 'return');
  await press(licensing, '/returns/reporting/');
  assert.match(await licensing.innerText('.govuk-error-summary'), /imports/, 'silence is not nil');
  licensing.troubles = [];
  await licensing.check('#nil-imports');
  await press(licensing, '/returns/reporting/');
  assert.match(await licensing.innerText('main'), /submitted/);

  // The report is worked out; a figure leads to the events that it is the sum of.
  await office.goto('reports');
  await office.fill('#year', String(year));
  await press(office, '/reports/build');
  assert.match(office.url(), new RegExp(`/reports/att-annual/${year}$`));
  assert.equal(await office.locator('.cf-chart img').evaluateAll((all) => all.filter((i) => i.complete && i.naturalWidth === 0).length), 0, 'a chart is not drawn');
  await office.click('section td.cf-num a');
  await office.waitForSelector('#sources');
  assert.match(await office.innerText('table'), /Licence granted[^]*holds/);
  await looked(office, 'report-row');
  await office.fill('#comment', 'a first delivery');
  await Promise.all([office.waitForNavigation(), office.click('#note ~ form button')]);
  assert.equal(await office.inputValue('#comment'), 'a first delivery');

  // A draft is circulated, and licensing approves it at its own node.
  await office.goto(`reports/att-annual/${year}`);
  await office.fill('#agencies', 'licensing');
  await office.fill('#due', `${year + 1}-04-30`);
  await press(office, '/circulate');
  const draft = office.url().replace(/.*console\//, '').replace(/&done.*/, '');
  await looked(office, 'report-draft');
  await licensing.waitForFunction(async (url) => (await fetch(url)).ok, new URL(draft, licensing.url().replace(/console\/.*/, 'console/')).href);
  await licensing.goto(draft);
  await looked(licensing, 'report-draft-licensing');
  await licensing.check('#approve');
  await press(licensing, '/answer');
  await licensing.click('section td.cf-num a');
  await licensing.waitForSelector('#sources');
  quiet(licensing);

  // What is refused says why; with a reason it is frozen, and the edition is downloaded.
  await office.goto(draft);
  await office.click('details:has(#freeze-reason) summary');
  await press(office, '/freeze');
  assert.match(await office.innerText('.govuk-error-summary'), /approve|returns|customs/);
  await office.fill('#freeze-reason', 'the year is not over; this one is for practice');
  await press(office, '/freeze');
  assert.match(await office.innerText('main'), /The report is frozen/);
  await looked(office, 'report-frozen');
  await office.selectOption('#download-language', 'fr');
  const [file] = await Promise.all([office.waitForEvent('download'), office.click('form[action$="/download"] button')]);
  assert.equal(file.suggestedFilename(), `att-annual-${year}-public-fr.xlsx`);
  assert.equal(fs.readFileSync(await file.path()).subarray(0, 2).toString(), 'PK');

  // It is handed over; a revision begins, and says what differs from the frozen one.
  await office.fill('#to', 'ATT Secretariat');
  await office.check('[name=format][value=csv]');
  await press(office, '/submit');
  assert.match(await office.innerText('main'), /ATT Secretariat[^]*1 file/);
  await office.click('details:has(#revise-reason) summary');
  await office.fill('#revise-reason', 'late data');
  await press(office, '/revise');
  await office.selectOption('#with', { index: 0 });
  await press(office, '/compare');
  assert.match(await office.innerText('main'), /No figure differs/);

  // Figures that a partner published differ from ours: a task, its owner's answer, its end.
  await record(office, 'RecordPartnerFigures', { figures: [{ line: 2, year, exporter: 'XA', importer: 'XB', exporterName: 'XA', importerName: 'XB', category: 'ML1', licences: '4' }] });
  await record(office, 'ClosePartnerEdition', { digest: Buffer.alloc(32).toString('base64'), figures: '1' });
  await office.goto(`reconcile?comparison=partner&year=${year}`);
  await looked(office, 'reconcile-partner');
  await office.fill('#due', `${year + 1}-01-31`);
  await Promise.all([office.waitForNavigation(), office.click('form:has(#due) button')]);
  await office.click('#differences ~ div table a');
  await office.fill('#answer-text', 'they count licences otherwise');
  await Promise.all([office.waitForNavigation(), office.click('#answer ~ form button')]);
  await looked(office, 'difference');
  await office.fill('#close-text', 'as answered');
  await Promise.all([office.waitForNavigation(), office.click('#close ~ form button')]);
  assert.match(await office.innerText('main'), /they count licences otherwise/);

  // Parliament asks.
  await office.goto('reports');
  await office.click('text=Put a request on record');
  await office.fill('#text', 'What was exported, and to whom?');
  await office.fill('#due-by', `${year + 1}-01-31`);
  await Promise.all([office.waitForNavigation(), office.click('form[action="/console/requests"] button')]);
  assert.match(office.url(), /requests\/reporting\/PR-/, 'what was put on record is shown');
  await office.waitForSelector('#left_out');
  await looked(office, 'request');
}
