import { createPublicKey, verify } from 'node:crypto';
import { waitFor } from '@selfsame/testing/wait';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Company, openCompany } from '../harness/applications.ts';
import { openStage, passes, type Stage } from './stage.ts';

/** Verified once at a bank, reused at a lender: the whole system, its real models, two companies and their users. */
let stage: Stage;
let stranger: Company;
beforeAll(async () => {
  stage = await openStage();
  stranger = await openCompany(stage.system, 'stranger');
}, 120_000);
afterAll(async () => {
  await stranger?.close();
  await stage?.close();
}, 60_000);

const obtain = (token: string, more: Record<string, unknown> = {}, company = stage.lender) =>
  company.api.post('/v3/session/import-shared/', {
    share_token: token,
    workflow_id: stage.signIn,
    ...more,
  });

describe('a verification that is reused', () => {
  it('goes from the bank to the lender with its user’s consent, and the first selfie there is compared with the face at the bank', async () => {
    const { bank, lender } = stage;
    const ann = await stage.verified('img/p01_1.jpg');

    const early = await bank.api.post(`/v3/session/${ann.sessionId}/share/`, {
      audience: 'partner_b',
      purpose: 'lending',
    });
    expect([early.status, JSON.stringify(early.body)]).toEqual([400, expect.stringMatching(/consent/i)]);

    const consent = await stage.consent(ann);
    const token = await stage.share(ann, { receipt: true });
    expect(JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString())).toMatchObject({
      alg: 'HS256',
    });

    const vendorData = `lender-${ann.vendorData.slice(-8)}`;
    const imported = await obtain(token, { trust_review: true, vendor_data: vendorData });
    expect(imported.status).toBe(201);
    expect(imported.body).toMatchObject({
      status: 'Approved',
      vendor_data: vendorData,
      session_url: null,
      liveness: { status: 'Approved' },
      shared_from_session: {
        session_id: ann.sessionId,
        application_id: bank.applicationId,
        purpose: 'lending',
      },
    });
    expect(imported.body.session_id).not.toBe(ann.sessionId);
    expect(imported.body.liveness_checks).toHaveLength(1);
    expect(JSON.stringify(imported.body)).not.toContain(ann.vendorData);
    const { body: webhook } = await lender.webhook(imported.body.session_id, 'Approved');
    expect(webhook.decision).toMatchObject({ shared_from_session: { session_id: ann.sessionId } });

    const wanted = { workflow_id: stage.signIn, vendor_data: vendorData };
    await passes(lender, ann.person, 'img/p01_3.jpg', wanted);

    // From now on the lender has its own: what the bank forgets changes nothing here.
    const kept = await waitFor('the lender’s own template', async () => {
      const { body } = await lender.api.get(`/v3/biometric-templates/?vendor_data=${vendorData}`);
      return body.count === 1 && body.results;
    });
    expect(kept).toHaveLength(1);
    expect((await bank.api.post(`/v3/consents/${consent.id}/withdraw/`, {})).status).toBe(200);
    await passes(lender, ann.person, 'img/p01_3.jpg', wanted);

    // Somebody else under the name of another one who was imported: that was the one comparison which the grant is good for.
    const hal = await stage.verified('img/p03_1.jpg');
    await stage.consent(hal);
    const halAtLender = { workflow_id: stage.signIn, vendor_data: `lender-${hal.vendorData.slice(-8)}` };
    const second = await obtain(await stage.share(hal), {
      trust_review: true,
      vendor_data: halAtLender.vendor_data,
    });
    expect(second.status).toBe(201);
    const attacked = await lender.api.post('/v3/session/', halAtLender);
    expect(attacked.status).toBe(201);
    expect((await hal.person.look(attacked.body.session_url, 'img/p02_1.jpg')).status).toBe('Declined');
    expect(await lender.api.post('/v3/session/', halAtLender)).toMatchObject({
      status: 400,
      body: { portrait_image: expect.stringContaining('There is no stored face for this user') },
    });
  });

  it('is In Review at a partner that does not trust, until somebody there decides', async () => {
    const ben = await stage.verified('img/p04_1.jpg');
    await stage.consent(ben);
    const imported = await obtain(await stage.share(ben), { vendor_data: 'ben' });
    expect([imported.status, imported.body.status]).toEqual([201, 'In Review']);
    await stage.lender.webhook(imported.body.session_id, 'In Review');
    const path = `/v3/session/${imported.body.session_id}`;
    expect((await stage.lender.api.patch(`${path}/update-status/`, { new_status: 'Approved' })).status).toBe(
      200,
    );
    await stage.lender.webhook(imported.body.session_id, 'Approved');
    const onward = await stage.lender.api.post(`${path}/share/`, { audience: 'stranger' });
    expect(onward.status, 'what was obtained is not passed on').toBe(400);
  });
});

describe('what a token is not good for', () => {
  it('another audience, another purpose, another time, another word, a second time', async () => {
    const cleo = await stage.verified('img/p03_1.jpg');
    await stage.consent(cleo);
    const token = await stage.share(cleo);
    const [header, claims = '', signature = ''] = token.split('.');
    const altered = { ...JSON.parse(Buffer.from(claims, 'base64url').toString()), purpose: 'payments' };
    const forged = [header, Buffer.from(JSON.stringify(altered)).toString('base64url'), signature].join('.');

    expect((await obtain(token, {}, stranger)).status).toBe(403);
    expect((await obtain(token, { purpose: 'payments' })).status).toBe(403);
    expect(await obtain(forged)).toMatchObject({ status: 400, body: { share_token: expect.anything() } });
    expect(await obtain(`${token.slice(0, -2)}AA`)).toMatchObject({ status: 400 });
    expect((await obtain(token, { workflow_id: 'wf_nobody_has' })).status).toBe(404);

    const many = await Promise.all(Array.from({ length: 50 }, () => obtain(token, { purpose: 'lending' })));
    const statuses = many.map(({ status }) => status).filter((status) => status !== 403);
    // A try that came while the first was under way goes on with it, and is told of the same session.
    const sessions = new Set(many.filter(({ status }) => status === 201).map(({ body }) => body.session_id));
    expect([sessions.size, new Set(statuses)]).toEqual([1, new Set([201])]);
    expect(await obtain(token)).toMatchObject({
      status: 403,
      body: { detail: 'This session has already been shared with your application.' },
    });
    const { body: imports } = await stage.lender.api.get('/v3/imports/');
    expect(
      imports.results.filter((row: { session_id: string }) => sessions.has(row.session_id)),
    ).toHaveLength(1);
  });

  it('after it was revoked, after the consent was withdrawn, after the session was deleted', async () => {
    const { bank } = stage;
    const dan = await stage.verified('img/p19_1.jpg');
    const { url } = await stage.consent(dan);
    const revoked = await stage.share(dan);
    const { body: shares } = await bank.api.get(`/v3/shares/?session_id=${dan.sessionId}`);
    expect((await bank.api.post(`/v3/shares/${shares.results[0].share_id}/revoke/`, {})).status).toBe(200);
    expect(await obtain(revoked)).toMatchObject({ status: 400, body: { share_token: expect.anything() } });

    const withdrawn = await stage.share(dan);
    expect((await dan.person.answer(url, 'withdraw')).body.status).toBe('withdrawn');
    expect((await obtain(withdrawn)).status).toBe(400);
    const again = await bank.api.post(`/v3/session/${dan.sessionId}/share/`, {
      audience: 'partner_b',
      purpose: 'lending',
    });
    expect(again.status).toBe(400);

    await stage.consent(dan);
    const orphaned = await stage.share(dan);
    expect((await bank.api.delete(`/v3/session/${dan.sessionId}/delete/`)).status).toBe(204);
    expect((await obtain(orphaned)).status).toBe(400);
  });

  it('sharing what belongs to another company, or with nobody', async () => {
    const eve = await stage.verified('img/p02_1.jpg');
    const share = (company: Company, audience: string) =>
      company.api.post(`/v3/session/${eve.sessionId}/share/`, { audience });
    expect((await share(stranger, 'partner_b')).status).toBe(404);
    expect((await share(stage.bank, 'nobody_at_all')).status).toBe(400);
    expect((await share(stage.bank, 'demo')).status).toBe(400);
  });
});

describe('what is on record', () => {
  it('every consent, share and import, with a proof that holds offline', async () => {
    const fay = await stage.verified('img/p01_1.jpg');
    const consent = await stage.consent(fay);
    await obtain(await stage.share(fay));
    const { bank } = stage;
    const { body: record } = await bank.api.get(`/v3/consents/${consent.id}/`);
    expect(record).toMatchObject({ status: 'given', purpose: 'lending' });
    const { body: jwks } = await bank.api.get('/v3/share/jwks.json');
    const [header = '', payload = '', signature = ''] = String(
      record.record_jws ?? record.jws ?? record.record,
    ).split('.');
    const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString());
    const jwk = jwks.keys.find((key: { kid: string }) => key.kid === kid);
    const key = { key: createPublicKey({ key: jwk, format: 'jwk' }), dsaEncoding: 'ieee-p1363' } as const;
    expect(
      verify('sha256', Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, 'base64url')),
    ).toBe(true);

    const { body: entries } = await bank.api.get(`/v3/share/records/?limit=100`);
    const kinds = entries.results.map(({ kind }: { kind: string }) => kind);
    for (const kind of [
      'consent_given',
      'consent_withdrawn',
      'share_created',
      'share_revoked',
      'share_imported',
    ]) {
      expect(kinds).toContain(kind);
    }
    const [newest] = entries.results;
    expect((await bank.api.get(`/v3/share/records/${newest.sequence}/proof/`)).status).toBe(200);
    const { body: calls } = await bank.api.get('/v3/audit-logs/?service=share&path=/share/');
    expect(calls.count).toBeGreaterThan(0);
  });
});

describe('the same organisation', () => {
  it('a user of one application signs in at another by selfie, for nothing; another organisation cannot', async () => {
    const { system, bank } = stage;
    const sibling = await openCompany(system, 'bank_mortgages', { organization: 'demo' });
    const foreign = await openCompany(system, 'elsewhere', { organization: 'elsewhere' });
    try {
      const gus = await stage.verified('img/p06_1.jpg');
      const wanted = { workflow_id: 'wf_reusable_kyc', vendor_data: gus.vendorData };
      const sessionId = await passes(sibling, gus.person, 'img/p06_2.jpg', wanted);
      const { body: decision } = await sibling.api.get(`/v3/session/${sessionId}/decision/`);
      expect(decision).toMatchObject({ status: 'Approved', face: { status: 'Approved' } });
      const other = await sibling.api.post('/v3/session/', wanted);
      expect((await gus.person.look(other.body.session_url, 'img/p02_1.jpg')).status).toBe('Declined');

      const { body: usage } = await sibling.api.get('/v3/usage/');
      expect(JSON.stringify(usage)).toMatch(/REUSABLE_KYC/);
      const unknown = await sibling.api.post('/v3/session/', { ...wanted, vendor_data: 'never-seen' });
      expect(unknown).toMatchObject({
        status: 400,
        body: { portrait_image: expect.stringContaining('no stored face') },
      });
      expect((await foreign.api.post('/v3/session/', wanted)).status).toBe(400);

      await bank.api.delete(`/v3/users/${encodeURIComponent(gus.vendorData)}/`);
      await waitFor('the face is forgotten', async () => {
        return (
          (await sibling.api.post('/v3/session/', { ...wanted, callback: 'https://bank.example' })).status ===
          400
        );
      });
    } finally {
      await Promise.all([sibling.close(), foreign.close()]);
    }
  });
});
