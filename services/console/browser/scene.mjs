// Sets the scene through the API of agencies, and asks it what is on record.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';

// call asks an agency's API, as its own programs do.
export async function call(agency, method, body, role = 'approver') {
  const at = JSON.parse(fs.readFileSync(path.join(process.env.LAB, 'contexts', `${agency}.json`), 'utf8'));
  const answer = await fetch(`${at.url}/counterfoil.${method}`, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json', Authorization: `Bearer ${fs.readFileSync(at.token_file, 'utf8').trim()}`,
      'Counterfoil-Role': role, 'Counterfoil-Person': at.person,
    },
    body: JSON.stringify(body),
  });
  const said = await answer.json();
  assert.equal(answer.status, 200, `${method}: ${JSON.stringify(said)}`);
  return said;
}

// apply has licensing record an application for 40 rifles to a party that nothing is known of, or with other parts of the deal.
export async function apply(deal = {}) {
  const { applicationId } = await call('licensing', 'licensing.v1.LicensingService/SubmitApplication', { deal: {
    kind: 'KIND_EXPORT', destination: 'XC', endUse: 'training', parties: [
      { role: 'ROLE_EXPORTER', name: 'Southgate Works XA', country: 'XA' }, { role: 'ROLE_CONSIGNEE', name: 'Upland Stores XC', country: 'XC' },
    ],
    lines: [{ rating: 'ML1.a', category: 'CATEGORY_VIII_SMALL_ARMS_LIGHT_WEAPONS', hsCode: '930190', description: 'rifles', quantity: { thousandths: 40000, unit: 'H87' } }],
    ...deal,
  } });
  return applicationId;
}

// grant has licensing grant what apply applies for.
export async function grant(deal) {
  const applicationId = await apply(deal);
  await call('licensing', 'screening.v1.ScreeningService/ScreenSubject', { subject: applicationId });
  await call('licensing', 'licensing.v1.LicensingService/CheckProhibitions', { applicationId, findings: ['6(1)', '6(2)', '6(3)'].map((paragraph) => ({ paragraph, result: 'GATE_RESULT_CLEAR', reason: 'nothing is known' })) });
  await call('licensing', 'licensing.v1.LicensingService/AssessRisk', { applicationId, findings: ['7(1)(a)', '7(1)(b)(i)', '7(1)(b)(ii)', '7(1)(b)(iii)', '7(1)(b)(iv)', '7(4)', '11'].map((criterion) => ({ criterion, level: 'LEVEL_LOW', reason: 'nothing is known' })) });
  const { licenceId } = await call('licensing', 'licensing.v1.LicensingService/GrantLicence', { applicationId });
  return licenceId;
}

// until asks again and again until what is said is what is waited for: facts are on their way for a while.
export async function until(what, ask, want) {
  for (const give = Date.now() + 15000; ;) {
    const said = await ask();
    if (want(said)) return said;
    assert(Date.now() < give, `${what}: ${JSON.stringify(said)}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}
