// What agencies do to each other and to themselves, in several browsers; each time what the ledgers then say is asked of them.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { accessible, language, login, quiet, shot } from '../look.mjs';
import { call, grant, until } from '../scene.mjs';

const run = promisify(execFile);
const year = new Date().getUTCFullYear();
const query = (agency, method, body, role) => call(agency, `query.v1.QueryService/${method}`, body, role);
const row = async (agency, table, id) => Object.values((await query(agency, 'Get', { table: `TABLE_${table}`, id })).row)[0];

// press opens what a form lies in, sends it, and waits for what comes of it.
async function press(page, form, typed = {}) {
  await page.locator(form).evaluate((f) => { for (let d = f.closest('details'); d; d = d.parentElement.closest('details')) d.open = true; });
  for (const [name, value] of Object.entries(typed)) {
    const field = page.locator(`${form} [name="${name}"]`);
    if (await field.evaluate((f) => f.tagName) === 'SELECT') await field.selectOption(value);
    else await field.fill(value);
  }
  await Promise.all([page.waitForEvent('load'), page.click(`${form} button[type=submit]`)]);
  const failed = page.locator('.govuk-error-summary');
  if (await failed.count()) assert.fail(await failed.innerText());
}

const deed = (name) => `form[action$="/${name}"]`;

const long = Boolean(process.env.SHOTS || process.env.COUNTERFOIL_SOAK);

// both looks at a page; in the run that keeps pictures and the long one in Arabic too.
async function both(page, name) {
  await accessible(page, name);
  if (!long) return;
  await shot(page, `${name}-en`);
  await language(page, 'ar');
  await page.reload();
  await accessible(page, `${name} in Arabic`);
  await shot(page, `${name}-ar`);
  await language(page, 'en');
  await page.reload();
}

export default async function () {
  const licence = await grant();
  const [police, customs, licensing, authority] = await Promise.all([login('enforcement'), login('customs'), login('licensing'), login('authority', 'operator')]);
  await alert(police, customs, licence);
  await shipped(customs, licensing, licence);
  await widened(customs);
  await replayed(licensing);
  await suspended(authority, customs, 'observer');
  if (long) {
    await told();
    await joined(authority, customs, licence);
  }
  for (const page of [police, customs, licensing, authority]) quiet(page);
}

// An alert is raised, acknowledged, judged and acted upon, by two agencies in two browsers.
async function alert(police, customs, licence) {
  await police.goto('alerts/raise');
  await police.check('input[name=addressees][value=customs]');
  await press(police, '.cf-form', { item: 'rifles, new', priority: 'immediate', stage: await police.locator('[name=stage] option').nth(1).getAttribute('value'), location: 'unknown', licences: licence, summary: 'seen where they should not be', source: 'own_observation', evidence: 'a photograph' });
  const id = police.url().replace(/.*alerts\//, '');
  await until(id, () => customs.request.get(`alerts/${id}`), (answer) => answer.ok());
  await customs.goto('alerts');
  await customs.click(`text=${id}`);
  await press(customs, deed('acknowledge'), { note: 'goods are looked for' });
  await press(customs, deed('classify'), { verdict: 'suspected', confidence: await customs.locator('[name=confidence] option').nth(1).getAttribute('value'), reason: 'the papers do not match' });
  await press(customs, deed('act'), { action: 'goods_held', text: 'two containers' });
  const file = await until('what customs did', () => call('enforcement', 'query.v1.LinkService/AlertFile', { alertId: id }), (f) => f.actions?.length && f.standings?.some((s) => s.agency === 'customs'));
  assert(file.addressees.find((a) => a.agency === 'customs').acknowledgedAt);
  assert.equal(file.actions[0].acted.text, 'two containers');
  await police.goto(`alerts/${id}`);
  assert.match(await police.innerText('main'), /goods are looked for[^]*the papers do not match[^]*two containers/);
  await press(police, deed('refute'), { reason: 'they were found in the depot' });
  assert.equal((await row('enforcement', 'ALERTS', id)).status, 'ALERT_STATUS_REFUTED');
}

// Goods go in transit, come to their office, and leave; licensing asks whether they arrived, customs says what did, licensing compares.
async function shipped(customs, licensing, licence) {
  await until(licence, () => query('customs', 'List', { table: 'TABLE_LICENCES', filter: { conditions: [{ attribute: 'status', values: ['granted'] }] } }), (l) => JSON.stringify(l).includes(licence));
  const { declarationId } = await call('customs', 'customs.v1.CustomsService/AcceptDeclaration', {
    number: `26XA${licence.slice(-6)}T`, kind: 'KIND_EXPORT', office: 'XA000101', licenceId: licence, destination: 'XC', parties: [{ role: 'ROLE_CONSIGNEE', name: 'Upland Stores XC', country: 'XC' }],
    items: [{ number: 1, licenceLine: 1, quantity: { thousandths: 10000, unit: 'H87' } }],
  });
  await customs.goto(`border?q=${declarationId}`);
  if (await customs.locator(deed('release')).count()) await press(customs, deed('release'));
  await press(customs, deed('transit'), { office: 'XA000202', due: `${year + 1}-01-31T10:00` });
  await customs.goto('movements');
  assert.match(await customs.innerText('#transit + div'), /XA000202/);
  if (long) await both(customs, 'movements-transit');
  await customs.click(`text=${declarationId}`);
  if (long) await both(customs, 'border-transit');
  await press(customs, deed('discharge'));
  await press(customs, deed('exit'));
  const left = await row('customs', 'DECLARATIONS', declarationId);
  assert.equal(left.status, 'DECLARATION_STATUS_EXITED');
  assert(left.dischargedAt && left.transit.officeOfDestination === 'XA000202');

  await until(declarationId, () => licensing.request.get(`records/${declarationId}`), (answer) => answer.ok());
  await until('the exit', () => row('licensing', 'DECLARATIONS', declarationId), (d) => d.status === 'DECLARATION_STATUS_EXITED');
  await licensing.goto(`deliveries/ask?declaration=${declarationId}`);
  await press(licensing, '.cf-form', { confirmed_by: 'customs', days: '60' });
  const id = licensing.url().replace(/.*deliveries\//, '');
  await until(id, () => customs.request.get(`deliveries/${id}`), (answer) => answer.ok());
  await customs.goto('movements');
  await customs.click(`#mine ~ div a:has-text("${id}")`);
  if (long) await both(customs, 'delivery-asked');
  const paper = { proof_number: `DVC ${licence}`, received: '1=8', arrived_at: `${year}-01-05`, arrived_place: 'XCUPL' };
  await press(customs, deed('confirm-delivery'), paper);
  await until('what customs says', () => query('licensing', 'List', { table: 'TABLE_DELIVERY_CONFIRMATIONS', filter: { conditions: [{ attribute: 'delivery', values: [id] }] } }), (l) => l.rows?.length);
  await licensing.goto(`deliveries/${id}`);
  assert.match(await licensing.innerText('#lines + div'), /10 H87[^]*8 H87[^]*differs/);
  await press(licensing, deed('verify'), paper);
  assert.equal((await row('licensing', 'DELIVERIES', id)).status, 'DELIVERY_STATUS_DISPUTED');
  await both(licensing, 'delivery-disputed');
  await press(licensing, deed('plan-check'), { legal_basis: 'clause 9 of the contract', planned_for: `${year + 1}-03-01`, site: 'the depot' });
  await licensing.click('main a[href*="/console/checks/"]');
  const check = licensing.url().replace(/.*checks\//, '');
  await both(licensing, 'check');
  await press(licensing, deed('record-check'), { outcome: 'all_accounted', seen_items: '1=10', serials_checked: '10/10', findings: 'two were in another room' });
  assert.equal((await row('licensing', 'POST_DELIVERY_CHECKS', check)).done.outcome, 'CHECK_OUTCOME_ALL_ACCOUNTED');
}

// In an emergency customs lets a wider group read, ends it before its time, and reviews it.
async function widened(customs) {
  await customs.goto('sharing');
  await press(customs, deed('widen'), { to_group: 'all', hours: '4', reason: 'an explosion at the port' });
  await customs.click('#widenings ~ div table a');
  const id = customs.url().replace(/.*widenings\//, '');
  await both(customs, 'widening');
  await press(customs, deed('end'), { reason: 'the port is open' });
  await customs.click(`text=${id}`);
  await press(customs, deed('review'), { outcome: 'in order' });
  const w = await row('customs', 'WIDENINGS', id);
  assert(w.endedAt && w.review.outcome === 'in order');
}

// What a webhook gave up is found by the operator, with why, and tried again.
async function told() {
  const secret = 'whsec_' + Buffer.alloc(32, 7).toString('base64');
  const hook = (method, body) => call('reporting', `query.v1.WebhookService/${method}`, body, 'operator');
  await hook('AddWebhook', { name: 'archive', url: 'http://127.0.0.1:9/', secret, tries: 1, anyAddress: true });
  await hook('ReplayWebhook', { name: 'archive', since: `${year}-01-01T00:00:00Z` });
  await until('given up', () => hook('ListWebhooks', {}), (l) => Number(l.webhooks[0].parked) > 0);
  const page = await login('reporting', 'operator');
  await page.goto('systems');
  if (long) await both(page, 'systems-parked');
  await page.click('#webhooks ~ div a');
  await both(page, 'webhook');
  await press(page, deed('retry'));
  assert.match(await page.innerText('[role=status]'), /once more: \d/);
  await press(page, deed('off'), { reason: 'the archive moves' });
  assert.equal((await hook('ListWebhooks', {})).webhooks[0].off, 'the archive moves');
  await hook('RemoveWebhook', { name: 'archive' });
  quiet(page);
}

// The past is planned and opened; the ledger is built anew and comes out the same, row for row.
async function replayed(licensing) {
  await licensing.goto('replay');
  await Promise.all([licensing.waitForEvent('load'), licensing.fill('#as_of', new Date().toISOString()).then(() => licensing.click('form[action="/console/replay"] button'))]);
  await licensing.click('main a[role=button]');
  assert.match(licensing.url(), /as_of=/);
  assert(await licensing.locator('#rows tbody tr').count() > 0);
  const page = await login('licensing', 'operator');
  const root = async () => (await query('licensing', 'Status', { root: true }, 'operator')).root;
  const before = await root();
  await page.goto('replay');
  await page.check('[name=swap]');
  await Promise.all([page.waitForEvent('load'), page.click(`${deed('rebuild')} button`)]);
  assert.match(await page.innerText('[role=status]'), /Every row is the same|same/);
  assert.equal(await root(), before);
  if (long) await both(page, 'replay-operator');
  quiet(page);
  await licensing.goto('audit');
  await Promise.all([licensing.waitForEvent('load'), licensing.click('#verify')]);
  const shown = await licensing.locator('[aria-labelledby=decided] tbody tr').count();
  assert(shown > 0);
  assert.equal(await licensing.locator('[aria-labelledby=decided] .cf-tag--good').count(), shown, 'each event is as signed');
}

// An agency is let in from now on: what changes a record from before cannot be applied there, and the page says why, before
// and after another try. Then it is suspended, resumed and removed.
async function joined(page, customs, licence) {
  const name = 'auditors', dir = fs.mkdtempSync(path.join(process.env.LAB, 'newcomer-'));
  const says = (...args) => run('counterfoil', args, { env: { ...process.env, COUNTERFOIL_HOME: dir } });
  fs.writeFileSync(path.join(process.env.LAB, 'word'), word, { mode: 0o600 });
  const { stdout: request } = await says('join', 'request', name, '--dir', dir, '--state', 'XA', '--title', 'Court of auditors');
  await page.goto('agencies/join');
  await press(page, 'form[method=get]', { name, like: 'observer', history: 'from-joining' });
  assert.match(await page.innerText('#planned + details + div'), /licensing\/all/);
  await press(page, 'form[method=post][action$="/agencies/join"]', { request });
  await page.locator(deed('kit')).evaluate((f) => { f.closest('details').open = true; });
  const [kit] = await Promise.all([page.waitForEvent('download'), page.click(`${deed('kit')} button`)]);
  await says('join', await kit.path(), '--dir', dir);
  await says('user', 'add', 'keeper', '--dir', path.join(dir, name), ...['operator', 'auditor', 'approver'].flatMap((r) => ['--role', r]), '--secret-file', path.join(process.env.LAB, 'word'));
  const node = spawn('counterfoil', ['serve', name, '--dir', dir], { stdio: ['ignore', 'ignore', 'pipe'] });
  try {
    const at = await new Promise((found, none) => {
      let said = '';
      node.on('exit', () => none(new Error(said)));
      node.stderr.on('data', (text) => { const url = (said += text).match(/is ready at (http:\S+?);/); if (url) found(url[1]); });
    });
    await parked(await login(name, 'keeper', { word, baseURL: `${at}/console/` }), licence);
    await suspended(page, customs, name);
    await press(page, deed('remove'), { again: name, reason: 'its audit is over' });
    await until('removed', () => standing('customs', name), (s) => s === 'AGENCY_STATUS_REMOVED');
    await both(page, 'agency-removed');
  } finally {
    node.removeAllListeners('exit');
    node.kill();
  }
}

const word = 'a word that only this run knows';

async function parked(page, licence) {
  await page.goto('health');
  assert.match(await page.innerText('.cf-well'), /All is well/);
  await call('licensing', 'licensing.v1.LicensingService/SuspendLicence', { licenceId: licence, reason: 'the end user is in doubt' });
  await until('parked', async () => (await page.goto('health')) && page.innerText('main'), (text) => text.includes('could not be applied') && text.includes('licensing/all'));
  if (long) await both(page, 'health-parked');
  await page.click('#parked ~ div a');
  assert.match(await page.innerText('main'), /not given[^]*the end user is in doubt/);
  await both(page, 'parked');
  await press(page, 'form[action*="/health/parked/"]');
  assert.match(await page.innerText('[role=status]'), /^0 events/);
  assert.equal((await page.goto(`records/${licence}`)).status(), 404);
  page.troubles = [];
}

// standing is how an agency stands in the directory, as another has it.
const standing = async (at, name) => (await query(at, 'Directory', {})).agencies.find((a) => a.id === name)?.status ?? 'live';

// The coordinating authority shuts an agency out and lets it in again; whoever looks at the list of agencies elsewhere is told.
async function suspended(page, watcher, name) {
  await watcher.goto('list/agencies');
  await page.goto(`agencies/${name}`);
  await press(page, deed('suspend'), { reason: 'its machine was stolen' });
  await until('suspended', () => standing('customs', name), (s) => s === 'AGENCY_STATUS_SUSPENDED');
  await watcher.waitForSelector('#live a');
  if (long) await both(page, 'agency-suspended');
  await press(page, deed('resume'));
  await until('resumed', () => standing('customs', name), (s) => s === 'live');
}
