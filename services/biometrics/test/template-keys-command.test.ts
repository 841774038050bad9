import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { ApiActor } from '@selfsame/contracts/audit/v1/events';
import { apiCalled } from '@selfsame/contracts/catalog';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newSession, openWorld, type World } from './harness.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

/** Runs the command as its own process. */
async function command(args: string[], environment: NodeJS.ProcessEnv = { DATABASE_URL: world.postgresUrl }) {
  const path = new URL('../src/cli/template-keys.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [path, ...args], { env: { PATH: process.env.PATH, ...environment } });
  const [out, complaint, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number>((done) => child.once('close', done)),
  ]);
  return { code, out, complaint };
}

const linesOf = ({ out }: { out: string }) =>
  out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as object);

describe('a version that users are enrolled under', () => {
  test('is revoked only by who has read how many would have to enrol again', async () => {
    const session = newSession();
    await world.enrol(session, 'img/p04_1.jpg');
    const of = ['--application', session.applicationId];
    const refused = await command(['revoke', ...of, '--version', '1']);
    expect([refused.code, refused.out]).toEqual([1, '']);
    expect(refused.complaint).toContain('1 user is enrolled under version 1 and would have to enrol again');
    expect(refused.complaint).toContain('rotate first');
    expect(linesOf(await command(['list', ...of]))).toMatchObject([{ state: 'active', subjects: 1 }]);

    expect(linesOf(await command(['revoke', ...of, '--version', '1', '--yes']))).toMatchObject([
      { revoked: 1 },
    ]);
    const [revoked, active] = linesOf(await command(['list', ...of]));
    expect(revoked).toMatchObject({ version: 1, state: 'revoked', to_re_enrol: 1 });
    expect(revoked).not.toHaveProperty('subjects');
    expect(active).toMatchObject({ version: 2, state: 'active', subjects: 0 });
    expect(active).not.toHaveProperty('to_re_enrol');
    // Nobody is under either any more: there is nothing to warn of.
    for (const version of ['1', '2']) {
      expect((await command(['revoke', ...of, '--version', version])).code).toBe(0);
    }
  });
});

test('who changed the keys of an application is told to its audit log, who looked at them is not', async () => {
  const session = newSession();
  await world.enrol(session, 'img/p04_1.jpg');
  const { applicationId } = session;
  await command(['list', '--application', applicationId]);
  await command(['rotate', '--application', applicationId]);
  await command(['revoke', '--application', applicationId, '--version', '1', '--yes']);
  const { rows } = await sql<{ payload: Buffer }>`
    SELECT payload FROM outbox WHERE subject = ${apiCalled.subject} ORDER BY position`.execute(world.db);
  const calls = rows.map(({ payload }) => apiCalled.codec.decode(payload));
  expect(calls.filter((call) => call.applicationId === applicationId)).toMatchObject([
    { actor: ApiActor.OPERATOR, method: 'RUN', path: 'template-keys rotate', status: 0 },
    { actor: ApiActor.OPERATOR, method: 'RUN', path: 'template-keys revoke --version 1', status: 0 },
  ]);
});

test('help is an answer, also where no database is known', async () => {
  const { code, out, complaint } = await command(['--help'], {});
  expect([code, complaint]).toEqual([0, '']);
  expect(out).toMatch(/^usage: template-keys.ts list/);
});

test('without a database it says where the address is', async () => {
  const { code, out, complaint } = await command(['list', '--application', 'somebody'], {});
  expect([code, out]).toEqual([1, '']);
  expect(complaint).toMatch(/DATABASE_URL is not set.*local\.json.*database_url.*kubectl exec/s);
});
