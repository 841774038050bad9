import { randomUUID } from 'node:crypto';
import { waitFor } from '@selfsame/testing/wait';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openWorld, type World } from './harness.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const secondsUntil = (iso: string) => (new Date(iso).getTime() - Date.now()) / 1_000;

describe('sharing', () => {
  it('answers in the style that was asked in, with the lifetime of that style', async () => {
    const { sharer, partner } = world;
    const session = world.newSession();
    const byName = await world.as(sharer)('POST', `/v3/session/${session.id}/share/`, {
      audience: 'PARTNER_B gmbh',
    });
    expect(byName).toMatchObject({
      status: 200,
      body: {
        session_kind: 'kyc',
        for_application_id: partner.id,
        audience: 'PARTNER_B gmbh',
        purpose: 'onboarding',
        scope: 'kyc',
      },
    });
    expect(byName.body.receipt).toBeUndefined();
    expect(secondsUntil(byName.body.expires_at)).toBeLessThanOrEqual(900);
    expect(secondsUntil(byName.body.expires_at)).toBeGreaterThan(800);

    const byId = await world.as(sharer)('POST', `/v3/session/${session.id}/share/`, {
      for_application_id: partner.id,
    });
    expect(byId).toMatchObject({
      status: 200,
      body: { session_kind: 'user', for_application_id: partner.id, audience: partner.slug },
    });
    expect(secondsUntil(byId.body.expires_at)).toBeLessThanOrEqual(3_600);
    expect(secondsUntil(byId.body.expires_at)).toBeGreaterThan(3_500);

    const claims = decodeJwt(byId.body.share_token);
    expect(decodeProtectedHeader(byId.body.share_token)).toEqual({ alg: 'HS256', typ: 'JWT' });
    expect(claims).toMatchObject({
      session_id: session.id,
      session_kind: 'user',
      from_application_id: sharer.id,
      for_application_id: partner.id,
      audience: partner.slug,
      purpose: 'onboarding',
      scope: 'kyc',
      jti: byId.body.share_id,
      exp: new Date(byId.body.expires_at).getTime() / 1_000,
    });
    expect(decodeProtectedHeader(String(claims.sealed))).toMatchObject({
      alg: 'ECDH-ES+A256KW',
      enc: 'A256GCM',
    });
  });

  it('says under the field that was used what is wrong with the partner', async () => {
    const { sharer, sandbox } = world;
    const { id } = world.newSession();
    const share = (body: object) => world.as(sharer)('POST', `/v3/session/${id}/share/`, body);
    const unknown = ['Target application does not exist.'];
    const same = ['Cannot share a session with the same application.'];
    expect(await share({ audience: 'nobody' })).toMatchObject({ status: 400, body: { audience: unknown } });
    expect(await share({ for_application_id: randomUUID() })).toMatchObject({
      status: 400,
      body: { for_application_id: unknown },
    });
    expect(await share({ audience: sharer.slug })).toMatchObject({ status: 400, body: { audience: same } });
    expect(await share({ for_application_id: sharer.id })).toMatchObject({
      status: 400,
      body: { for_application_id: same },
    });
    expect((await share({ audience: sandbox.slug })).body.audience).toHaveLength(1);
    expect(await share({ audience: 'partner_b', purposes: 'lending' })).toMatchObject({
      status: 400,
      body: { purposes: ['Unknown field.'] },
    });
    expect(await share({})).toMatchObject({ status: 400, body: { audience: ['This field is required.'] } });
    expect(await share({ for_application_id: 'partner_b' })).toMatchObject({
      status: 400,
      body: { for_application_id: ['Must be a valid UUID.'] },
    });
  });

  it.each(['expires_in', 'ttl_in_seconds'])('keeps %s between 60 and 86400', async (field) => {
    const session = world.newSession();
    for (const wrong of [59, 86_401, 0, -1, '900', 70.5]) {
      const answer = await world.share(session, { [field]: wrong });
      expect(answer.status).toBe(400);
      expect(Object.keys(answer.body)).toEqual([field]);
    }
    for (const right of [60, 86_400]) {
      expect((await world.share(session, { [field]: right })).status).toBe(200);
    }
  });

  it('refuses what is not finished, was imported, or is somebody else’s', async () => {
    for (const status of ['Not Started', 'In Progress', 'Expired', 'Resubmitted']) {
      expect(await world.share(world.newSession({ status }))).toMatchObject({
        status: 400,
        body: {
          detail: ['Only finished sessions ("Approved", "Declined", "In Review") can be shared.'],
        },
      });
    }
    for (const status of ['Approved', 'Declined', 'In Review']) {
      expect((await world.share(world.newSession({ status }))).status).toBe(200);
    }
    const { stranger, partner } = world;
    expect(await world.share(world.newSession({ applicationId: stranger.id }))).toMatchObject({
      status: 404,
      body: { detail: 'Not found.' },
    });
    const session = world.newSession();
    const { body } = await world.share(session);
    const imported = await world.importAs(partner, body.share_token);
    const again = `/v3/session/${imported.body.session_id}/share/`;
    expect(await world.as(partner)('POST', again, { audience: world.sharer.slug })).toMatchObject({
      status: 400,
      body: { detail: expect.stringContaining('cannot be shared again') },
    });
  });

  it('demands a key', async () => {
    const path = `/v3/session/${world.newSession().id}/share/`;
    expect(await world.as('no key')('POST', path, { audience: 'partner_b' })).toMatchObject({
      status: 401,
      body: { detail: 'Authentication credentials were not provided or are invalid.' },
    });
  });

  it('reads scope and purpose as they are meant, and refuses what is neither', async () => {
    const session = world.newSession();
    const odd = await world.share(session, { scope: 'KYC+AML', purpose: 'Age check' });
    expect(odd.body).toMatchObject({ scope: 'kyc + aml', purpose: 'age_check' });
    expect((await world.share(session, { scope: 'everything' })).body).toEqual({
      scope: ['Must be one of: kyc, kyc + aml, kyc + kyb.'],
    });
    expect((await world.share(session, { purpose: 'two\nlines' })).status).toBe(400);
  });

  it('needs a consent by default', async () => {
    const { stranger, partner } = world;
    const call = world.as(stranger);
    const session = world.newSession({ applicationId: stranger.id });
    const path = `/v3/session/${session.id}/share/`;
    expect((await call('GET', '/v3/share/settings/')).body).toEqual({ requires_consent: true });
    expect(await call('POST', path, { audience: partner.slug })).toMatchObject({
      status: 400,
      body: { detail: expect.stringContaining('has not agreed') },
    });
    await call('PATCH', '/v3/share/settings/', {});
    expect(await call('PATCH', '/v3/share/settings/', { requires_consnt: false })).toMatchObject({
      status: 400,
      body: { requires_consnt: ['Unknown field.'] },
    });
    expect((await call('GET', '/v3/share/settings/')).body).toEqual({ requires_consent: true });
    expect((await call('PATCH', '/v3/share/settings/', { requires_consent: false })).body).toEqual({
      requires_consent: false,
    });
    expect((await call('POST', path, { audience: partner.slug })).status).toBe(200);
    const unknown = { audience: partner.slug, consent_id: randomUUID() };
    expect((await call('POST', path, unknown)).body).toHaveProperty('consent_id');
  });
});

describe('what became of shares', () => {
  it('lists them by session, status and audience', async () => {
    const { sharer, stranger, partner } = world;
    const [one, two] = [world.newSession(), world.newSession()];
    const open = (await world.share(one)).body;
    const revoked = (await world.share(one)).body;
    await world.as(sharer)('POST', `/v3/shares/${revoked.share_id}/revoke/`);
    const imported = (await world.share(two)).body;
    await world.importAs(partner, imported.share_token);
    const list = async (query: string) => {
      const { body } = await world.as(sharer)('GET', `/v3/shares/?${query}`);
      return body.results.map((each: { share_id: string }) => each.share_id);
    };
    expect(await list(`session_id=${one.id}`)).toEqual([revoked.share_id, open.share_id]);
    expect(await list(`session_id=${one.id}&status=open`)).toEqual([open.share_id]);
    expect(await list(`session_id=${one.id}&status=revoked`)).toEqual([revoked.share_id]);
    expect(await list(`session_id=${two.id}&status=imported&audience=${partner.id}`)).toEqual([
      imported.share_id,
    ]);
    // Whatever the partner is called, and however it was called then.
    const three = world.newSession();
    const named = (await world.share(three, { audience: partner.name })).body;
    for (const called of [partner.slug, partner.name, partner.name.toLowerCase(), partner.id]) {
      const found = await list(`session_id=${three.id}&audience=${encodeURIComponent(called)}`);
      expect(found).toEqual([named.share_id]);
    }
    expect(await list(`session_id=${two.id}&audience=nobody`)).toEqual([]);
    expect((await world.as(stranger)('GET', `/v3/shares/?session_id=${one.id}`)).body.count).toBe(0);

    const shown = await world.as(sharer)('GET', `/v3/shares/${imported.share_id}/`);
    expect(shown.body).toMatchObject({ status: 'imported', session_id: two.id, audience: partner.slug });
    expect(JSON.stringify(shown.body)).not.toContain('token');
    expect((await world.as(stranger)('GET', `/v3/shares/${imported.share_id}/`)).status).toBe(404);
    expect((await world.as(partner)('GET', `/v3/shares/${imported.share_id}/`)).status).toBe(404);
  });

  it('tells once that a share was revoked, and nobody else revokes it', async () => {
    const { sharer, stranger, partner } = world;
    const { share_id, share_token } = (await world.share(world.newSession())).body;
    const revoke = `/v3/shares/${share_id}/revoke/`;
    expect((await world.as(stranger)('POST', revoke)).status).toBe(404);
    expect((await world.as(partner)('POST', revoke)).status).toBe(404);
    const first = await world.as(sharer)('POST', revoke);
    expect(first).toMatchObject({ status: 200, body: { status: 'revoked', revoked_because: 'application' } });
    expect((await world.as(sharer)('POST', revoke)).body).toEqual(first.body);
    await waitFor('it was told', () => world.revoked.includes(share_id));
    expect(await world.importAs(partner, share_token)).toMatchObject({
      status: 400,
      body: { share_token: ['This share has been revoked.'] },
    });
    expect(world.revoked.filter((id) => id === share_id)).toHaveLength(1);
  });
});
