import { randomUUID } from 'node:crypto';
import { erasureConfirmed } from '@selfsame/contracts/catalog';
import type { ErasureConfirmed } from '@selfsame/contracts/session/v1/events';
import { exposeMetrics } from '@selfsame/runtime/metrics';
import { sumOf } from '@selfsame/testing/series';
import { waitFor } from '@selfsame/testing/wait';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sweepShares } from '../src/shares/sweeper.ts';
import { openWorld, type World } from './harness.ts';
import type { Point } from './neighbours.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const alreadyImported = {
  status: 403,
  body: { detail: 'This session has already been shared with your application.' },
};
const refusedToken = (text: string) => ({ status: 400, body: { share_token: [text] } });

async function shared(facts = {}, body = {}) {
  const session = world.newSession(facts);
  const share = (await world.share(session, body)).body;
  return { session, share, token: share.share_token as string };
}

describe('importing', () => {
  it('makes a session of one’s own, once, and grants one comparison', async () => {
    const { partner, neighbours, sharer } = world;
    const { session, share, token } = await shared();
    const answer = await world.importAs(partner, token, { vendor_data: 'their-1' });
    expect(answer).toMatchObject({
      status: 201,
      body: { status: 'Approved', vendor_data: 'their-1', shared_from_session: session.id },
    });
    expect(answer.body.session_id).not.toBe(session.id);
    const [made, ...others] = world.importsOf(session);
    expect(others).toEqual([]);
    expect(made?.imported).toMatchObject({
      importId: answer.body.session_id,
      applicationId: partner.id,
      trustReview: true,
      sharedFrom: {
        shareId: share.share_id,
        applicationId: sharer.id,
        applicationName: sharer.name,
        status: 'Approved',
        purpose: 'onboarding',
        scope: 'kyc',
      },
    });
    expect(neighbours.grants.get(answer.body.session_id)).toMatchObject({
      from: { applicationId: sharer.id, vendorData: session.vendorData },
      to: { applicationId: partner.id, vendorData: 'their-1' },
      shareId: share.share_id,
    });

    expect(await world.importAs(partner, token, { vendor_data: 'their-1' })).toMatchObject(alreadyImported);
    const second = (await world.share(session)).body.share_token;
    expect(await world.importAs(partner, second, { vendor_data: 'other' })).toMatchObject(alreadyImported);
    expect(world.importsOf(session)).toHaveLength(1);

    const shown = await world.as(partner)('GET', `/v3/imports/${answer.body.session_id}/`);
    expect(shown.body).toMatchObject({
      session_id: answer.body.session_id,
      share_id: share.share_id,
      from_application_id: sharer.id,
      from_session_id: session.id,
      trust_review: true,
      status: 'imported',
      reference_granted: true,
    });
    expect((await world.as(sharer)('GET', `/v3/imports/${answer.body.session_id}/`)).status).toBe(404);
    const listed = (await world.as(partner)('GET', '/v3/imports/')).body.results;
    expect(listed).toContainEqual(shown.body);
  });

  it('is In Review without trust, which is the default: until somebody has looked, nothing is compared', async () => {
    const { token } = await shared();
    const answer = await world.importAs(world.partner, token, { trust_review: undefined });
    expect(answer).toMatchObject({ status: 201, body: { status: 'In Review' } });
    const { grants } = world.neighbours;
    expect(grants.get(answer.body.session_id)?.held).toBe(true);
    const trusted = await world.importAs(world.partner, (await shared()).token);
    expect(grants.get(trusted.body.session_id)?.held).toBe(false);
  });

  it('grants nothing for whoever was not approved, is not named, or has enrolled nothing', async () => {
    const { partner, neighbours, sharer } = world;
    const before = neighbours.passed.grant;
    const declined = await shared({ status: 'Declined' });
    const nameless = await shared({ vendorData: '' });
    const unnamed = await shared();
    for (const [token, body] of [
      [declined.token, {}],
      [nameless.token, {}],
      [unnamed.token, { vendor_data: null }],
    ] as const) {
      const { status, body: made } = await world.importAs(partner, token, body);
      expect(status).toBe(201);
      const shown = await world.as(partner)('GET', `/v3/imports/${made.session_id}/`);
      expect(shown.body.reference_granted).toBe(false);
    }
    expect(neighbours.passed.grant).toBe(before);

    const { session, token } = await shared();
    neighbours.templates.delete(`${sharer.id} ${session.vendorData}`);
    const { body: made } = await world.importAs(partner, token);
    expect((await world.as(partner)('GET', `/v3/imports/${made.session_id}/`)).body.reference_granted).toBe(
      false,
    );
  });

  it('gives the place back when it is refused for good', async () => {
    const { partner } = world;
    const { session, token } = await shared();
    expect(await world.importAs(partner, token, { workflow_id: 'nobodys' })).toMatchObject({
      status: 404,
      body: { detail: 'Workflow does not exist for this application.' },
    });
    expect((await world.as(partner)('GET', '/v3/imports/')).body.results).not.toContainEqual(
      expect.objectContaining({ from_session_id: session.id }),
    );
    expect((await world.importAs(partner, token)).status).toBe(201);
    expect(world.importsOf(session)).toHaveLength(1);
  });

  it('tells field by field what is missing', async () => {
    const call = world.as(world.partner);
    const required = ['This field is required.'];
    expect(await call('POST', '/v3/session/import-shared/', {})).toMatchObject({
      status: 400,
      body: { share_token: required, workflow_id: required },
    });
    const { token } = await shared();
    expect(await world.importAs(world.partner, token, { vendor_data: 'x'.repeat(257) })).toMatchObject({
      status: 400,
      body: { vendor_data: ['Ensure this field has no more than 256 characters.'] },
    });
  });
});

describe('a token obtains nothing', () => {
  it('for another audience', async () => {
    const { session, token } = await shared();
    for (const application of [world.stranger, world.sharer, world.sandbox]) {
      expect(await world.importAs(application, token)).toMatchObject({
        status: 403,
        body: { detail: 'This token is not valid for this application.' },
      });
    }
    expect(world.importsOf(session)).toEqual([]);
  });

  it('for another purpose than it was made for', async () => {
    const { session, token } = await shared({}, { purpose: 'Lending' });
    expect(await world.importAs(world.partner, token, { purpose: 'payments' })).toMatchObject({
      status: 403,
      body: { detail: 'This token is not valid for this purpose.' },
    });
    expect(world.importsOf(session)).toEqual([]);
    expect((await world.importAs(world.partner, token, { purpose: 'lending' })).status).toBe(201);
  });

  it('when its time is over', async () => {
    const { session, share } = await shared();
    const { claims, token } = await pastToken(share.share_id);
    expect(claims.exp).toBeLessThan(Date.now() / 1_000);
    expect(await world.importAs(world.partner, token)).toMatchObject(
      refusedToken('Share token has expired.'),
    );
    expect(world.importsOf(session)).toEqual([]);
  });

  it('when the row’s time is over, whatever the token says', async () => {
    const { share, token } = await shared();
    await world.context.database.db
      .updateTable('shares')
      .set({ expires_at: new Date(Date.now() - 1_000) })
      .where('share_id', '=', share.share_id)
      .execute();
    expect(await world.importAs(world.partner, token)).toMatchObject(
      refusedToken('Share token has expired.'),
    );
  });

  it('when the session is gone', async () => {
    const untold = await shared();
    world.neighbours.sessions.delete(untold.session.id);
    const gone = refusedToken('Original session does not exist.');
    expect(await world.importAs(world.partner, untold.token)).toMatchObject(gone);

    const told = await shared();
    await world.tellDeleted(told.session);
    expect(await world.importAs(world.partner, told.token)).toMatchObject(gone);
    expect((await world.as(world.sharer)('GET', `/v3/shares/${told.share.share_id}/`)).body).toMatchObject({
      status: 'revoked',
      revoked_because: 'session_deleted',
    });
  });

  it('when the session has changed since', async () => {
    const changed = await shared();
    changed.session.sequence += 1;
    changed.session.status = 'Declined';
    const refused = refusedToken('Original session has changed since it was shared.');
    expect(await world.importAs(world.partner, changed.token)).toMatchObject(refused);
    const reopened = await shared();
    reopened.session.status = 'Resubmitted';
    expect(await world.importAs(world.partner, reopened.token)).toMatchObject(refused);
    const fresh = (await world.share(changed.session)).body.share_token;
    expect(await world.importAs(world.partner, fresh)).toMatchObject({
      status: 201,
      body: { status: 'Declined' },
    });
  });

  it('and one that is revoked while it is obtained waits, and then finds it imported', async () => {
    const { share, token } = await shared();
    const { imported, ended } = await endWhile('grant', token, `/v3/shares/${share.share_id}/revoke/`);
    expect([imported.status, ended.status]).toEqual([201, 200]);
    expect(ended.body).toMatchObject({ status: 'revoked', imported_at: expect.any(String) });
    await waitFor('it was told', () => world.revoked.includes(share.share_id));
  });
});

describe('a share by consent', () => {
  const ended = 'The consent to this share was withdrawn or has ended.';
  const captured = () => ({
    at: new Date().toISOString(),
    method: 'checkbox',
    text: 'I agree that Partner B gets my verification.',
    text_version: '1',
  });
  const consent = async (session: { id: string }, body = {}) => {
    const path = `/v3/session/${session.id}/consents/`;
    const wanted = { audience: 'partner_b', captured: captured(), ...body };
    const answer = await world.as(world.sharer)('POST', path, wanted);
    expect(answer.status).toBe(201);
    return answer.body.consent_id as string;
  };

  it('ends with it: withdrawn between share and import, nothing is obtained', async () => {
    const session = world.newSession();
    const consentId = await consent(session);
    const share = (await world.share(session, { consent_id: consentId })).body;
    expect(share.consent_id).toBe(consentId);
    expect((await world.as(world.sharer)('POST', `/v3/consents/${consentId}/withdraw/`)).status).toBe(200);
    expect(await world.importAs(world.partner, share.share_token)).toMatchObject(refusedToken(ended));
    expect(world.importsOf(session)).toEqual([]);
    expect((await world.as(world.sharer)('GET', `/v3/shares/${share.share_id}/`)).body).toMatchObject({
      status: 'revoked',
      revoked_because: 'consent_withdrawn',
    });
    await waitFor('it was told', () => world.revoked.includes(share.share_id));
    expect(await world.share(session, { consent_id: consentId })).toMatchObject({
      status: 400,
      body: { consent_id: [expect.stringContaining('no given consent')] },
    });
  });

  it('lasts no longer than it, and is for its audience, purpose and scope alone', async () => {
    const session = world.newSession();
    const consentId = await consent(session, { purpose: 'lending', valid_for_seconds: 120 });
    const by = (body: object) => world.share(session, { consent_id: consentId, ...body });
    const share = (await by({ purpose: 'lending', expires_in: 86_400 })).body;
    expect(new Date(share.expires_at).getTime()).toBeLessThanOrEqual(Date.now() + 120_000);
    for (const other of [
      { purpose: 'payments' },
      { purpose: 'lending', scope: 'kyc + aml' },
      { purpose: 'lending', audience: world.stranger.slug },
    ]) {
      expect((await by(other)).body).toHaveProperty('consent_id');
    }
    const elsewhere = { consent_id: consentId, purpose: 'lending' };
    expect((await world.share(world.newSession(), elsewhere)).body).toHaveProperty('consent_id');

    const grant = await world.importAs(world.partner, share.share_token);
    const { expiresAt } = world.neighbours.grants.get(grant.body.session_id) ?? {};
    expect(expiresAt?.getTime()).toBeLessThanOrEqual(Date.now() + 120_000);
    const made = world.neighbours.sessions.get(grant.body.session_id);
    expect(made?.imported?.sharedFrom?.consentedAt).toBeInstanceOf(Date);
  });

  it('ends by time as well', async () => {
    const session = world.newSession();
    const consentId = await consent(session);
    const { share_token: token } = (await world.share(session, { consent_id: consentId })).body;
    await world.context.database.db
      .updateTable('consents')
      .set({ valid_until: new Date(Date.now() - 1_000) })
      .where('id', '=', consentId)
      .execute();
    expect(await world.importAs(world.partner, token)).toMatchObject(refusedToken(ended));
  });

  it('is refused or open, whoever is first: no share outlives a withdrawal that did not see it', async () => {
    for (let round = 0; round < 10; round += 1) {
      const session = world.newSession();
      const consentId = await consent(session);
      const [share] = await Promise.all([
        world.share(session, { consent_id: consentId }),
        world.as(world.sharer)('POST', `/v3/consents/${consentId}/withdraw/`),
      ]);
      if (share.status === 400) continue;
      expect(await world.importAs(world.partner, share.body.share_token)).toMatchObject(refusedToken(ended));
    }
  });

  it('ends with it between the place and what it is taken for: nothing is handed over', async () => {
    for (const ending of ['withdraw', 'revoke'] as const) {
      const session = world.newSession();
      const consentId = await consent(session);
      const share = (await world.share(session, { consent_id: consentId })).body;
      const { db, transaction } = world.context.database;
      const handedOver = world.neighbours.passed.import;
      const importing = await transaction(async (tx) => {
        // Nobody unseals anything: the import stands still after it has taken its place.
        await sql`LOCK TABLE audience_keys IN ACCESS EXCLUSIVE MODE`.execute(tx);
        const answer = world.importAs(world.partner, share.share_token);
        await waitFor('the place is taken', async () => (await placeOf(session))?.status === 'pending');
        const path = ending === 'withdraw' ? `consents/${consentId}` : `shares/${share.share_id}`;
        expect((await world.as(world.sharer)('POST', `/v3/${path}/${ending}/`)).status).toBe(200);
        return { answer };
      });
      const text = ending === 'withdraw' ? ended : 'This share has been revoked.';
      expect(await importing.answer).toMatchObject(refusedToken(text));
      expect(world.importsOf(session)).toEqual([]);
      expect(world.neighbours.passed.import).toBe(handedOver);
      expect(await placeOf(session)).toMatchObject({ status: 'released', vendor_data: null });
      const kinds = await db
        .selectFrom('records')
        .select(['kind', 'note'])
        .where('application_id', '=', world.sharer.id)
        .where('share_id', '=', share.share_id)
        .orderBy('sequence')
        .execute();
      const because = ending === 'withdraw' ? 'consent_ended' : 'revoked';
      expect(kinds.map(({ kind }) => kind)).toEqual(['share_created', 'share_revoked', 'import_refused']);
      expect(kinds.at(-1)?.note).toBe(because);
    }
  });

  it.each<Point>(['export', 'import', 'grant'])(
    'is obtained before it ends, when that comes at “%s”: then the grant ends',
    async (point) => {
      const session = world.newSession();
      const consentId = await consent(session);
      const share = (await world.share(session, { consent_id: consentId })).body;
      const path = `/v3/consents/${consentId}/withdraw/`;
      const { imported, ended: withdrawn } = await endWhile(point, share.share_token, path);
      expect([imported.status, withdrawn.status]).toEqual([201, 200]);
      expect((await world.as(world.sharer)('GET', `/v3/shares/${share.share_id}/`)).body).toMatchObject({
        status: 'revoked',
        revoked_because: 'consent_withdrawn',
        imported_at: expect.any(String),
      });
      await waitFor('it was told', () => world.revoked.includes(share.share_id));
    },
  );

  it('ends the grant of an import that nobody has heard of, after the share’s time as well', async () => {
    const session = world.newSession();
    const consentId = await consent(session);
    const share = (await world.share(session, { consent_id: consentId })).body;
    world.neighbours.at = async (point) => {
      if (point === 'granted') throw new Error('the answer is lost');
    };
    try {
      expect((await world.importAs(world.partner, share.share_token)).status).toBe(500);
    } finally {
      world.neighbours.at = async () => {};
    }
    const { db } = world.context.database;
    await sql`UPDATE shares SET expires_at = now() - interval '1 second' WHERE share_id = ${share.share_id}`.execute(
      db,
    );
    const told = () => world.revoked.filter((id) => id === share.share_id).length;
    expect((await world.as(world.sharer)('POST', `/v3/consents/${consentId}/withdraw/`)).status).toBe(200);
    await waitFor('it was told', () => told() === 1);
    await sweepShares(world.context, { afterMs: 0 });
    expect(await placeOf(session)).toMatchObject({ status: 'imported', granted: false });
    // A grant that was asked for may have come after the first.
    await waitFor('it was told again', () => told() === 2);
  });

  it('has its grant ended when it is withdrawn after the import', async () => {
    const session = world.newSession();
    const consentId = await consent(session);
    const share = (await world.share(session, { consent_id: consentId })).body;
    expect((await world.importAs(world.partner, share.share_token)).status).toBe(201);
    await world.as(world.sharer)('POST', `/v3/consents/${consentId}/withdraw/`);
    await waitFor('it was told', () => world.revoked.includes(share.share_id));
  });
});

describe('the record', () => {
  it('tells both applications of an import, and the sharer of a refusal, once', async () => {
    const { partner, sharer, stranger } = world;
    const { share, token, session } = await shared();
    await world.importAs(stranger, token);
    await world.importAs(stranger, token);
    const { body } = await world.importAs(partner, token);
    const records = async (applicationId: string) =>
      await world.context.database.db
        .selectFrom('records')
        .select(['kind', 'user_pid', 'import_status', 'note', 'audience_id', 'expires_at'])
        .where('application_id', '=', applicationId)
        .where('share_id', '=', share.share_id)
        .orderBy('sequence')
        .execute();
    const own = { user_pid: session.userPid, audience_id: partner.id };
    expect(await records(sharer.id)).toMatchObject([
      { ...own, kind: 'share_created', note: 'consent_not_required' },
      {
        ...own,
        kind: 'import_refused',
        // Who has tried: who was meant is in the entry before.
        audience_id: stranger.id,
        import_status: 'refused',
        note: 'wrong_audience',
      },
      { ...own, kind: 'share_imported', import_status: 'imported', note: 'review_trusted' },
    ]);
    const [made] = await records(partner.id);
    expect(made).toMatchObject({
      kind: 'share_imported',
      user_pid: world.neighbours.sessions.get(body.session_id)?.userPid,
    });
    expect(await records(stranger.id)).toEqual([]);
  });
});

describe('what is let go of', () => {
  it('is a snapshot that nobody may open any more', async () => {
    const { db } = world.context.database;
    const snapshots = async (shareId: string) => {
      const row = await db
        .selectFrom('shares')
        .select('snapshot')
        .where('share_id', '=', shareId)
        .executeTakeFirstOrThrow();
      return row.snapshot;
    };
    const [imported, revoked, expired] = await Promise.all([shared(), shared(), shared()]);
    expect(await snapshots(expired.share.share_id)).not.toBeNull();
    await world.importAs(world.partner, imported.token);
    await world.as(world.sharer)('POST', `/v3/shares/${revoked.share.share_id}/revoke/`);
    await sql`UPDATE shares SET expires_at = now() - interval '1 hour' WHERE share_id = ${expired.share.share_id}`.execute(
      db,
    );
    await sweepShares(world.context);
    for (const { share } of [imported, revoked, expired]) expect(await snapshots(share.share_id)).toBeNull();
  });

  it('is what an erased subject shared, and where a partner’s import came from', async () => {
    const { db } = world.context.database;
    const { session, token } = await shared();
    const open = await shared({ vendorData: session.vendorData });
    const { body } = await world.importAs(world.partner, token);
    await world.tellErased(session.vendorData, [session, open.session]);
    expect(await world.importAs(world.partner, open.token)).toMatchObject(
      refusedToken('Original session does not exist.'),
    );
    const left = await db
      .selectFrom('shares')
      .select('share_id')
      .where('session_id', 'in', [session.id, open.session.id])
      .execute();
    expect(left).toEqual([]);
    expect((await world.as(world.partner)('GET', `/v3/imports/${body.session_id}/`)).body).toMatchObject({
      share_id: null,
      from_session_id: null,
      status: 'imported',
    });
    const made = world.neighbours.sessions.get(body.session_id);
    if (!made) throw new Error('the imported session is gone');
    await world.tellErased('their-user', [made]);
    expect((await world.as(world.partner)('GET', `/v3/imports/${body.session_id}/`)).status).toBe(404);
  });

  it('is what the sessions of an erased person have left that were deleted before, and the certificate names the rest', async () => {
    const heard: ErasureConfirmed[] = [];
    await world.bus.listen(erasureConfirmed, ({ message }) => void heard.push(message));
    const told = async (...[vendorData, sessions]: Parameters<World['tellErased']>) => {
      const before = heard.length;
      await world.tellErased(vendorData, sessions);
      const { removed, kept } = await waitFor('it was confirmed', () => heard[before]);
      const counts = (kinds: { kind: string; count: bigint }[]) =>
        Object.fromEntries(kinds.map(({ kind, count }) => [kind, Number(count)]));
      return { removed: counts(removed), kept: counts(kept) };
    };
    const recordsAre = 'entries of the record of shares';
    // Two of a partner's: of one the session is still there, of the other it is not.
    for (const isDeleted of [false, true]) {
      const { token } = await shared();
      const { body } = await world.importAs(world.partner, token);
      const made = world.neighbours.sessions.get(body.session_id);
      if (!made) throw new Error('the imported session is gone');
      if (isDeleted) await world.tellDeleted(made);
      expect(await told(made.vendorData, [isDeleted ? { ...made, id: randomUUID() } : made])).toMatchObject({
        removed: { imports: 1, shares: 0 },
        kept: { [recordsAre]: 1 },
      });
      expect((await world.as(world.partner)('GET', `/v3/imports/${body.session_id}/`)).status).toBe(404);
    }
    // Shared without a consent, and the session deleted since.
    const { session } = await shared();
    await world.tellDeleted(session);
    expect(await told(session.vendorData, [{ ...session, id: randomUUID() }])).toMatchObject({
      removed: { imports: 0, shares: 1 },
      kept: { [recordsAre]: 2 },
    });
    const tables = [...(await world.dump())].filter(([, text]) => text.includes(session.id));
    expect(tables.map(([table]) => table)).toEqual([]);
  });
});

const placeOf = ({ id }: { id: string }) =>
  world.context.database.db
    .selectFrom('imports')
    .selectAll()
    .where('from_session_id', '=', id)
    .executeTakeFirst();

/** Imports, and posts to `path` while the import is at that point: whoever posts waits for it. */
async function endWhile(at: Point, token: string, path: string) {
  const posted = Promise.withResolvers<Awaited<ReturnType<World['share']>>>();
  const waits = async () => {
    const { rows } = await sql`
      SELECT FROM pg_locks JOIN pg_stat_activity USING (pid)
      WHERE NOT granted AND locktype = 'transactionid' AND datname = current_database()`.execute(
      world.context.database.db,
    );
    return rows.length > 0;
  };
  world.neighbours.at = async (point) => {
    if (point !== at) return;
    world.as(world.sharer)('POST', path).then(posted.resolve, posted.reject);
    await waitFor('somebody waits for the import', waits);
  };
  try {
    const imported = await world.importAs(world.partner, token);
    return { imported, ended: await posted.promise };
  } finally {
    world.neighbours.at = async () => {};
  }
}

/** The token of a share, as it would be two hours after it was made. */
async function pastToken(shareId: string) {
  const { signToken } = await import('../src/domain/token.ts');
  const row = await world.context.database.db
    .selectFrom('shares')
    .selectAll()
    .where('share_id', '=', shareId)
    .executeTakeFirstOrThrow();
  const claims = {
    session_id: row.session_id,
    session_kind: row.session_kind,
    from_application_id: row.from_application_id,
    for_application_id: row.for_application_id,
    audience: row.audience,
    purpose: row.purpose,
    scope: row.scope,
    jti: row.share_id,
    iat: Math.floor(Date.now() / 1_000) - 7_200,
    exp: Math.floor(Date.now() / 1_000) - 3_600,
    sealed: randomUUID(),
  };
  return { claims, token: await signToken(claims, world.context.tokenKey) };
}

describe('what can be watched', () => {
  it('is what became of shares and consents, once each', async () => {
    const before = (await exposeMetrics()).text;
    const { partner, sharer, stranger } = world;
    const { session, share, token } = await shared();
    await world.importAs(partner, token);
    await world.importAs(partner, token);
    await world.importAs(stranger, token);
    const { text } = await exposeMetrics();
    const risen = (outcome: string) =>
      sumOf(text, 'selfsame_shares_total', { outcome }) - sumOf(before, 'selfsame_shares_total', { outcome });
    expect(['created', 'imported', 'refused', 'revoked'].map(risen)).toEqual([1, 1, 2, 0]);
    const told = [session.id, share.share_id, token, partner.id, sharer.id, session.vendorData];
    expect(told.filter((one) => text.includes(one))).toEqual([]);
  });
});
