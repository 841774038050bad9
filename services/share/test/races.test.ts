import { setTimeout as delay } from 'node:timers/promises';
import { startSpanCollector } from '@selfsame/testing/spans';
import { waitFor } from '@selfsame/testing/wait';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { sweepShares } from '../src/shares/sweeper.ts';
import { importWith, openWorld, type Replica, type ReplicaProcess, type World } from './harness.ts';
import { moreKeysOf, type Point, secretFinding, type TestSession } from './neighbours.ts';

let world: World;
let other: Replica;
beforeAll(async () => {
  world = await openWorld();
  other = await world.addReplica();
});
afterAll(() => world.close());
afterEach(() => {
  world.neighbours.at = async () => {};
});

async function shared(): Promise<{ session: TestSession; token: string; shareId: string }> {
  const session = world.newSession();
  const { body } = await world.share(session);
  return { session, token: body.share_token, shareId: body.share_id };
}

const importRow = (session: TestSession) =>
  world.context.database.db
    .selectFrom('imports')
    .selectAll()
    .where('from_session_id', '=', session.id)
    .executeTakeFirst();

const recordsOf = (shareId: string) =>
  world.context.database.db
    .selectFrom('records')
    .select(['application_id', 'kind'])
    .where('share_id', '=', shareId)
    .where('kind', '=', 'share_imported')
    .execute();

describe('a thousand imports at once', () => {
  it('make one session, at whichever replica they ask', { timeout: 120_000 }, async () => {
    const { session, token, shareId } = await shared();
    const second = (await world.share(session)).body.share_token;
    const keys = moreKeysOf(world.partner, 8);
    const ask = async (index: number) => {
      const call = (index % 2 === 0 ? world : other).as(keys[index % keys.length] ?? '');
      // By two tokens of the same session, and with two bodies.
      const body = index % 5 === 0 ? { vendor_data: 'someone-else' } : {};
      const answer = () => importWith(call, index % 7 === 0 ? second : token, body);
      // A service that has too much at once says so, and is asked again when it says, as clients do.
      for (let tries = 1; tries < 20; tries += 1) {
        const answered = await answer();
        if (answered.status < 500) return answered;
        await delay(Number(answered.headers.get('retry-after') ?? 0) * 1_000);
      }
      return await answer();
    };
    const answers = await Promise.all(Array.from({ length: 1_000 }, (_, index) => ask(index)));
    const counts = new Map<number, number>();
    for (const { status } of answers) counts.set(status, (counts.get(status) ?? 0) + 1);
    expect(Object.fromEntries(counts)).toEqual({ 201: 1, 403: 999 });
    for (const { status, body } of answers) {
      if (status !== 403) continue;
      expect(body).toEqual({ detail: 'This session has already been shared with your application.' });
    }
    expect(world.importsOf(session)).toHaveLength(1);
    expect((await recordsOf(shareId)).length % 2).toBe(0);
  });
});

describe('a neighbour that fails', () => {
  it.each<Point>(['export', 'import', 'imported', 'grant', 'granted'])(
    'at “%s” leaves an import that the same request goes on with',
    async (point) => {
      const { session, token, shareId } = await shared();
      world.neighbours.at = async (passed) => {
        if (passed === point) throw new Error('the neighbour has died');
      };
      expect((await world.importAs(world.partner, token)).status).toBe(500);
      expect(await importRow(session)).toMatchObject({ status: 'pending' });
      // Whoever asks for something else waits until it is known what came of the first.
      expect((await world.importAs(world.partner, token, { vendor_data: 'else' })).status).toBe(403);
      world.neighbours.at = async () => {};
      const answer = await importWith(other.as(world.partner), token);
      expect(answer.status).toBe(201);
      expect(world.importsOf(session).map(({ id }) => id)).toEqual([answer.body.session_id]);
      expect(world.neighbours.grants.has(answer.body.session_id)).toBe(true);
      expect(await recordsOf(shareId)).toHaveLength(2);
      expect((await world.importAs(world.partner, token)).status).toBe(403);
    },
  );
});

describe('the sweeper', () => {
  const broken = async (point: Point) => {
    const left = await shared();
    world.neighbours.at = async (passed) => {
      if (passed === point) throw new Error('the neighbour has died');
    };
    expect((await world.importAs(world.partner, left.token)).status).toBe(500);
    world.neighbours.at = async () => {};
    return left;
  };

  it('finishes what was left, also after the token’s time', async () => {
    const left = [await broken('export'), await broken('imported'), await broken('granted')];
    await world.context.database.db
      .updateTable('shares')
      .set({ expires_at: new Date(Date.now() - 1_000) })
      .where(
        'share_id',
        'in',
        left.map(({ shareId }) => shareId),
      )
      .execute();
    const swept = await Promise.all([
      sweepShares(world.context, { afterMs: 0 }),
      sweepShares(other.context, { afterMs: 0 }),
    ]);
    expect(swept[0] + swept[1]).toBe(3);
    for (const { session, shareId } of left) {
      const [made, ...others] = world.importsOf(session);
      expect(others).toEqual([]);
      expect(made).toMatchObject({ vendorData: 'their-user', status: 'Approved' });
      expect(await importRow(session)).toMatchObject({
        import_id: made?.id,
        status: 'imported',
        granted: true,
        vendor_data: null,
      });
      expect(await recordsOf(shareId)).toHaveLength(2);
    }
  });

  it('makes nothing of a share that was revoked meanwhile, and loses no session that was made before', async () => {
    const [unmade, made] = [await broken('import'), await broken('imported')];
    for (const { shareId } of [unmade, made]) {
      await world.as(world.sharer)('POST', `/v3/shares/${shareId}/revoke/`);
    }
    await sweepShares(world.context, { afterMs: 0 });
    expect(world.importsOf(unmade.session)).toEqual([]);
    expect(await importRow(unmade.session)).toMatchObject({ status: 'released', vendor_data: null });
    expect(await importRow(made.session)).toMatchObject({ status: 'imported', granted: false });
    expect(world.importsOf(made.session)).toHaveLength(1);
    // Another share of the session that was never made may still be imported.
    const again = (await world.share(unmade.session)).body.share_token;
    expect((await world.importAs(world.partner, again)).status).toBe(201);
    expect(world.importsOf(unmade.session)).toHaveLength(1);
  });

  it('leaves alone what somebody is at', async () => {
    const { session, token } = await shared();
    const held = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    world.neighbours.at = (point) => {
      if (point !== 'import') return Promise.resolve();
      reached.resolve();
      return held.promise;
    };
    const answer = world.importAs(world.partner, token);
    await reached.promise;
    expect(await sweepShares(other.context, { afterMs: 0 })).toBe(0);
    expect((await importWith(other.as(world.partner), token)).status).toBe(403);
    held.resolve();
    expect((await answer).status).toBe(201);
    expect(world.importsOf(session)).toHaveLength(1);
  });
});

describe('a process that is killed', () => {
  it.each<Point>(['imported', 'granted'])(
    'at “%s” leaves an import that the same request goes on with at once, elsewhere',
    { timeout: 60_000 },
    async (point) => {
      const process = await world.spawnReplica();
      await killAt(point, process);
    },
  );

  it('has neither logged nor traced a token, a snapshot or a name', { timeout: 60_000 }, async () => {
    const collector = await startSpanCollector();
    const process = await world.spawnReplica({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
      OTEL_BSP_SCHEDULE_DELAY: '20',
    });
    const session = world.newSession();
    const { body } = await process.as(world.sharer)('POST', `/v3/session/${session.id}/share/`, {
      audience: world.partner.slug,
      receipt: true,
    });
    const call = process.as(world.partner);
    await importWith(process.as(world.stranger), body.share_token);
    await importWith(call, `${body.share_token.slice(0, -4)}AAAA`);
    await importWith(call, body.share_token, { workflow_id: 'nobodys' });
    expect((await importWith(call, body.share_token)).status).toBe(201);
    await waitFor('the spans came', () =>
      collector.spans().some(({ name }) => name === 'POST /v3/session/import-shared/'),
    );
    const killed = await killAt('export', process);
    const told = `${process.output()}\n${JSON.stringify(collector.spans())}\n${world.logged()}`;
    expect(told).toContain('/v3/session/import-shared/');
    const tokens = [body.share_token, killed].flatMap((token: string) => token.split('.').slice(1));
    for (const secret of [...tokens, body.receipt, secretFinding, 'their-user', session.vendorData]) {
      expect(told).not.toContain(secret);
    }
    await collector.close();
  });

  /** @returns the token that it was killed over */
  async function killAt(point: Point, process: ReplicaProcess): Promise<string> {
    const { session, token, shareId } = await shared();
    const reached = Promise.withResolvers<void>();
    const dead = Promise.withResolvers<void>();
    world.neighbours.at = (passed) => {
      if (passed !== point) return Promise.resolve();
      reached.resolve();
      return dead.promise;
    };
    const lost = importWith(process.as(world.partner), token).catch(() => 'connection lost');
    await reached.promise;
    await process.kill();
    expect(await lost).toBe('connection lost');
    world.neighbours.at = async () => {};
    dead.resolve();
    const answer = await waitFor('its place is free', async () => {
      const tried = await importWith(other.as(world.partner), token);
      return tried.status === 201 && tried;
    });
    expect(world.importsOf(session).map(({ id }) => id)).toEqual([answer.body.session_id]);
    expect(await recordsOf(shareId)).toHaveLength(2);
    return token;
  }
});
