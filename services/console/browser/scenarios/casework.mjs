// An officer works on cases in the browser: an application is recorded, stated anew and returned; a licence is suspended, appealed against,
// reinstated, renewed and revoked; an obligation is met; a hit is judged; what another State denied is compared and asked about; a policy is
// tried, and one adopted. What the pages say was recorded is what the node's API then says is on record.
import assert from 'node:assert/strict';
import { accessible, language, login, quiet, shot } from '../look.mjs';
import { apply, call, grant, until } from '../scene.mjs';

const year = new Date().getUTCFullYear();

async function record(id) {
  const { row } = await call('licensing', 'query.v1.QueryService/Explain', { id });
  return Object.values(row)[0];
}

async function list(table, attribute, value) {
  const { rows = [] } = await call('licensing', 'query.v1.QueryService/List', { table, filter: { conditions: [{ attribute, values: [value] }] } });
  return rows.map((r) => Object.values(r)[0]);
}

// fill types into the fields of a form, by their ids, and chooses where there are options.
async function fill(page, fields) {
  for (const [id, value] of Object.entries(fields)) {
    const field = page.locator(`[id="${id}"]`);
    if ((await field.evaluate((e) => e.tagName)) === 'SELECT') await field.selectOption(value);
    else await field.fill(value);
  }
}

const choose = (page, name, value) => page.locator(`input[name="${name}"][value="${value}"]`).check();

// press presses a button and waits for the page that follows.
async function press(page, name) {
  await Promise.all([page.waitForNavigation({ waitUntil: 'domcontentloaded' }), page.getByRole('button', { name, exact: true }).click()]);
}

// refused is what a form says that was not sent, or not done.
async function refused(page) {
  page.troubles = []; // it was answered by a status that says so
  return page.locator('.govuk-error-summary').innerText();
}

const go = (page, path) => page.goto(path, { waitUntil: 'domcontentloaded' });

// act does something with a record that was just shown, from the link on its page.
async function act(page, id, name, fields) {
  if (!page.url().includes(`/records/${id}`)) await go(page, `records/${id}`);
  await page.getByRole('link', { name, exact: true }).click();
  await fill(page, fields);
  await press(page, name);
  assert.match(await page.locator('.govuk-notification-banner').innerText(), new RegExp(name), `${name} of ${id}`);
}

async function application(page) {
  await go(page, 'decide');
  await page.getByRole('link', { name: 'Record a new application' }).click();
  await press(page, 'Record a new application');
  assert.match(await refused(page), /Kind: say this first/);
  await choose(page, 'deal.kind', 'export');
  await fill(page, {
    'deal.destination': 'xc', 'deal.end_use': 'coast guard', 'deal.route': 'xb',
    'deal.parties.0.name': 'Alder Works', 'deal.parties.0.country': 'xa', 'deal.parties.1.name': 'Harbour Watch of XC', 'deal.parties.1.country': 'XC',
    'deal.lines.0.rating': 'ML1.a', 'deal.lines.0.description': 'rifles', 'deal.lines.0.quantity': '20,5', 'deal.lines.0.quantity.unit': 'h87',
  });
  await press(page, 'Add one more Parties');
  await fill(page, { 'deal.parties.2.role': 'carrier', 'deal.parties.2.name': 'Slow Boats' });
  await press(page, 'Record a new application');
  assert.match(await refused(page), /“20,5 h87” is no quantity/);
  await fill(page, { 'deal.lines.0.quantity': '20', 'deal.lines.0.value': '1200.50', 'deal.lines.0.value.currency': 'EUR' });
  await press(page, 'What would be recorded?');
  assert.match(await page.locator('.cf-run').innerText(), /Nothing has been recorded yet/);
  await accessible(page, 'a new application before it is recorded');
  await shot(page, 'casework-new');
  await press(page, 'Record a new application');
  const id = /licensing\/A-\d+-\d+/.exec(page.url())[0];
  const { deal } = await record(id);
  assert.deepEqual(deal.parties.map((p) => [p.role, p.name, p.country]), [['ROLE_EXPORTER', 'Alder Works', 'XA'], ['ROLE_END_USER', 'Harbour Watch of XC', 'XC'], ['ROLE_CARRIER', 'Slow Boats', undefined]]);
  assert.deepEqual(deal.lines[0].quantity, { thousandths: '20000', unit: 'H87' });
  assert.deepEqual(deal.lines[0].value, { minor: '120050', currency: 'EUR' });
  assert.equal(deal.route[0].country, 'XB');

  // Two officers state it anew: the second reads first what the first changed.
  const other = await page.context().newPage();
  await go(other, `act/${id}/amend-application`);
  await act(page, id, 'State the application anew', { 'deal.lines.0.quantity': '30', reason: 'the contract changed' });
  await fill(other, { 'deal.end_use': 'training', reason: 'the applicant wrote' });
  await press(other, 'State the application anew');
  assert.match(await other.locator('.govuk-error-summary').innerText(), /Somebody changed the record/);
  await other.close();
  const anew = await record(id);
  assert.equal(anew.deal.lines[0].quantity.thousandths, '30000');
  assert.equal(anew.deal.endUse, 'coast guard');
  await act(page, id, 'Return the application', { reason: 'the certificate is missing' });
  assert.deepEqual([(await record(id)).status, (await record(id)).statusReason], ['STATUS_RETURNED', 'the certificate is missing']);
  assert.match(await page.locator('#dossier').innerText(), /Withdraw the application\s+The application is no longer open/);
  quiet(page);
}

async function licence(page) {
  const id = await grant({ documents: [{ kind: 'end_user_certificate', number: 'EUC-1', sha256: Buffer.alloc(32, 1).toString('base64'), undertakings: ['U5'] }] });
  await act(page, id, 'Suspend the licence', { reason: 'the end user is in doubt' });
  assert.deepEqual([(await record(id)).status, (await record(id)).statusReason], ['STATUS_SUSPENDED', 'the end user is in doubt']);
  await shot(page, 'casework-licence');

  await act(page, id, 'Record an appeal', { grounds: 'the end user is known' });
  const [appeal] = await list('TABLE_APPEALS', 'decision', id);
  assert.equal(appeal.lodged.grounds, 'the end user is known');
  await go(page, `act/${appeal.id}/decide-appeal`);
  await fill(page, { reason: 'the end user was visited' });
  await press(page, 'Decide the appeal');
  assert.match(await refused(page), /Outcome: say this first/);
  await choose(page, 'outcome', 'upheld');
  await press(page, 'Decide the appeal');
  assert.equal((await record(appeal.id)).decided.outcome, 'APPEAL_OUTCOME_UPHELD');

  await act(page, id, 'Reinstate the licence', { reason: 'the doubt was settled' });
  await act(page, id, 'Amend or renew the licence', { valid_until: `${year + 3}-06-30`, 'lines.0.quantity': '25', reason: 'late, and fewer' });
  const renewed = await record(id);
  assert.equal(renewed.validUntil, `${year + 3}-06-30T00:00:00Z`);
  assert.equal(renewed.deal.lines[0].quantity.thousandths, '25000');
  assert.equal(renewed.deal.lines[0].hsCode, '930190', 'what the form left as it stood stays so');

  const [duty] = await list('TABLE_OBLIGATIONS', 'subject', id);
  await act(page, duty.id, 'Say that the obligation is met', { how: 'proof of arrival DV-9' });
  assert.equal((await record(duty.id)).met.how, 'proof of arrival DV-9');

  await act(page, id, 'Revoke the licence', { reason: 'the contract was ended' });
  assert.equal((await record(id)).status, 'STATUS_REVOKED');
  await go(page, `act/${id}/suspend`);
  assert.match(await page.locator('main').innerText(), /Only a licence that is in force can be suspended/);
  assert.equal(await page.getByRole('button', { name: 'Suspend the licence' }).count(), 0);
  quiet(page);
  return id;
}

// What XB denied, and an application for the same.
async function denied(page) {
  const parties = [{ role: 'ROLE_EXPORTER', name: 'Southgate Works XA', country: 'XA' }, { role: 'ROLE_END_USER', name: 'Quillon Tradehouse', country: 'XC' }];
  const lines = [{ rating: 'ML1.a', category: 'CATEGORY_VIII_SMALL_ARMS_LIGHT_WEAPONS', description: 'rifles', quantity: { thousandths: 40000, unit: 'H87' } }];
  await call('licensing', 'licensing.v1.DenialService/RecordDenials', { notices: [{
    state: 'XB', reference: 'XB-77', deal: { kind: 'KIND_EXPORT', parties, lines, destination: { country: 'XC' } }, criteria: ['7(1)(b)(i)'], reason: 'diversion is feared', deniedAt: `${year}-01-15T00:00:00Z`, source: 'xb.json',
  }] });
  const id = await apply({ parties, lines });
  const alike = await until(`what ${id} looks identical to`, async () => (await list('TABLE_UNDERCUTS', 'application', id))[0], Boolean);
  await go(page, `records/${alike.id}`);
  await page.getByRole('link', { name: 'Work on the comparison with the denial' }).click();
  assert.equal(await page.locator('.cf-table tbody .cf-tag').count() >= 3, true, 'the two deals agree in more than their destination');
  await accessible(page, 'two deals side by side');
  await shot(page, 'casework-alike');
  await press(page, 'Judge whether it is the same deal');
  assert.match(await refused(page), /Say whether it is the same deal/);
  await choose(page, 'identical', 'yes');
  await fill(page, { reason: 'the same end user and goods' });
  await press(page, 'Judge whether it is the same deal');
  assert.equal((await record(alike.id)).judged.identical, true);
  await fill(page, { question: 'Why was it denied?' });
  await press(page, 'Ask who denied');
  assert.equal((await record(alike.id)).opened.question, 'Why was it denied?');
  await choose(page, 'identical', 'yes');
  await fill(page, { text: 'the end user has passed goods on', paper: 'XB note 12' });
  await press(page, 'Record a reply that came on paper');
  assert.equal((await record(alike.id)).received.paper, 'XB note 12');
  await shot(page, 'casework-alike-answered');

  await go(page, `decide/${id}/alike`);
  await press(page, 'Start a blind check');
  assert.match(await refused(page), /no other authority has published/);
  return id;
}

// hits judges who the parties of an application are.
async function hits(page, id) {
  const screening = await until(`the screening of ${id}`, async () => (await list('TABLE_SCREENINGS', 'subject', id)).at(-1), Boolean);
  assert(screening.hits.length > 0);
  await go(page, `records/${screening.id}`);
  await page.getByRole('link', { name: 'Judge the hits' }).click();
  for (const { number } of screening.hits) {
    await choose(page, `judgement-${number}`, 'another');
    await fill(page, { [`reason-${number}`]: 'another house of that name', [`evidence-${number}`]: 'register of XC, entry 8' });
    await page.locator(`form[aria-labelledby="hit-${number}"] button`).first().click();
    await page.waitForSelector('.govuk-notification-banner');
  }
  const judged = await record(screening.id);
  assert.deepEqual(judged.hits.map((h) => h.judgement), judged.hits.map(() => 'JUDGEMENT_ANOTHER'));
}

// policies tries one under which a licence would have had to wait, and judges that licence as if its State had been under an embargo.
async function policies(page, granted) {
  await go(page, 'policies/try');
  await fill(page, { policy: 'name: harbour\nversion: 1\ntitle: Harbour\nlegal_basis: fictional\nvalid_from: 2000-01-01\nscope: destination ==\ndecider: licensing\nsignatures: 1\n' });
  await press(page, 'Test the policy');
  assert.match(await refused(page), /scope/);
  await fill(page, { policy: 'name: harbour\nversion: 1\ntitle: Harbour\nlegal_basis: fictional\nvalid_from: 2000-01-01\nscope: destination == "XC"\nprecedence: 90\ndecider: licensing\nsignatures: 1\nrequires:\n  - kind: contract\n' });
  await press(page, 'Decide past cases under it');
  assert.match(await page.locator('tr', { hasText: granted }).innerText(), /no contract is on file/);
  await shot(page, 'casework-policy');

  await go(page, 'policies/what-if');
  await fill(page, { country: 'xc', embargo_from: '2020-01-01' });
  await press(page, 'Judge again');
  assert.match(await page.locator('tr', { hasText: granted }).innerText(), /an embargo on XC/);
  await shot(page, 'casework-what-if');
}

// adopted has the coordinating authority adopt a policy for a State that no case is about.
async function adopted() {
  const page = await login('authority', 'operator');
  page.troubles = []; // operators read no licences, which login leads to
  await go(page, 'policies/try');
  await fill(page, { policy: 'name: nowhere\nversion: 1\ntitle: Nowhere\nlegal_basis: fictional\nvalid_from: 2000-01-01\nscope: destination == "XZ"\ndecider: licensing\nsignatures: 1\n' });
  await press(page, 'What would be recorded?');
  assert.match(await page.locator('main').innerText(), /Nothing has been recorded yet/);
  await press(page, 'Adopt this policy');
  assert.match(await page.locator('main').innerText(), /Nowhere/);
  quiet(page);
  await until('policies at licensing', () => call('licensing', 'query.v1.QueryService/Directory', {}), ({ policies }) => policies.some((p) => p.id === 'nowhere/1'));
}

export default async function () {
  await Promise.all([
    login('licensing').then(application), login('licensing').then(async (page) => others(page, await licence(page))), adopted(),
  ]);
}

// others is what has to do with denials, lists and policies.
async function others(page, granted) {
  const id = await denied(page);
  await hits(page, id);
  await policies(page, granted);
  await language(page, 'ar');
  await go(page, `records/${id}`);
  await accessible(page, 'what can be done with an application, in Arabic');
  await shot(page, 'casework-record-ar');
  quiet(page);
}
