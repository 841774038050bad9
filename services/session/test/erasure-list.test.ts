import { execFile } from 'node:child_process';
import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { waitFor } from '@selfsame/testing/wait';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { userPid } from '../src/domain/user-pid.ts';
import { continueErasures } from '../src/erasures.ts';
import { openWorld, portrait, type World } from './harness.ts';

let world: World;
const folder = mkdtempSync(join(tmpdir(), 'selfsame-erasures-'));
beforeAll(async () => {
  world = await openWorld();
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await world?.close();
});

async function erasures(...parameters: string[]) {
  const command = resolve(import.meta.dirname, '../src/cli/erasures.ts');
  const env = {
    ...process.env,
    DATABASE_URL: world.databaseUrl,
    SESSION_TOKEN_KEY: world.context.links.tokenKey.toString('base64'),
  };
  const run = promisify(execFile)(process.execPath, [command, ...parameters], { env });
  const { stdout, stderr, code } = await run.then(
    (done) => ({ ...done, code: 0 }),
    (failed: { stdout: string; stderr: string; code: number }) => failed,
  );
  const lines = stdout.split('\n').filter(Boolean);
  return { code, stderr, lines: lines.map((line) => JSON.parse(line)) };
}

const create = (vendorData?: string) =>
  world.demo.create({
    workflow_id: 'wf_reauth',
    portrait_image: portrait,
    ...(vendorData === undefined ? {} : { vendor_data: vendorData }),
  });
const exists = async (session: { session_id: string }) =>
  (await world.demo.call('GET', `/v3/session/${session.session_id}/decision/`)).status === 200;

function lineOf(person: { id?: string; vendorData: string | null }, requestedAt = new Date()) {
  const applicationId = world.demo.applicationId;
  const pid = userPid(world.context.links.tokenKey, { id: '', ...person, applicationId });
  return {
    erasure_id: randomUUIDv7(),
    application_id: applicationId,
    user_pid: pid,
    instruction_id: 'order-7',
    requested_at: requestedAt.toISOString(),
  };
}

function listFile(...lines: object[]): string {
  const file = join(folder, `${randomUUID()}.jsonl`);
  writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return file;
}

it('the list holds every erasure since a time, by pseudonym and without a name', async () => {
  const name = `ann-${randomUUID()}@example.org`;
  await create(name);
  const since = new Date(Date.now() - 1);
  const { body } = await world.demo.call('DELETE', `/v3/users/${encodeURIComponent(name)}/`);
  const { code, lines } = await erasures('list', '--since', since.toISOString());
  expect([code, lines]).toEqual([
    0,
    [
      {
        ...lineOf({ vendorData: name }),
        erasure_id: body.erasure_id,
        instruction_id: null,
        requested_at: expect.any(String),
      },
    ],
  ]);
  expect(JSON.stringify(lines)).not.toContain('ann-');

  const again = await erasures('reapply', '--file', listFile(...lines));
  expect([again.code, again.lines]).toEqual([
    0,
    [{ erasure_id: body.erasure_id, application_id: world.demo.applicationId, outcome: 'known' }],
  ]);
});

it('an erasure that a restored database does not know is carried out as it was, and who came later stays', async () => {
  const name = `ben-${randomUUID()}`;
  const before = await create(name);
  // Else the next one of theirs would be the same, which still waits.
  await world.look(before, { similarityScore: 1 });
  await world.announced(before.session_id, 'Declined');
  const bystander = await create(`cleo-${randomUUID()}`);
  const line = lineOf({ vendorData: name });
  await waitFor('a moment has passed', () => Date.now() > Date.parse(line.requested_at));
  const after = await create(name);

  const file = listFile(line);
  expect((await erasures('reapply', '--file', file)).lines).toMatchObject([{ outcome: 'reapplied' }]);
  expect((await erasures('reapply', '--file', file)).lines).toMatchObject([{ outcome: 'known' }]);
  await waitFor('the service goes on with it', async () => {
    await continueErasures(world.context);
    return !(await exists(before));
  });
  expect([await exists(after), await exists(bystander)]).toEqual([true, true]);
  const { body } = await world.demo.call('GET', `/v3/erasures/${line.erasure_id}/`);
  expect(body).toMatchObject({
    user_pid: line.user_pid,
    instruction_id: 'order-7',
    confirmed: [{ service: 'session' }],
  });
});

it('says whom somebody has to look after: sessions of nobody, and people without a session', async () => {
  const nameless = await create();
  const ofSession = lineOf({ id: nameless.session_id, vendorData: null });
  const ofNobody = lineOf({ vendorData: `nobody-${randomUUID()}` });
  const { code, lines, stderr } = await erasures('reapply', '--file', listFile(ofSession, ofNobody));
  expect(code).toBe(1);
  expect(lines).toMatchObject([
    { erasure_id: ofSession.erasure_id, outcome: 'session', session_id: nameless.session_id },
    { erasure_id: ofNobody.erasure_id, outcome: 'unknown' },
  ]);
  expect(stderr).toContain('delete them with deletion_instruction privacy_erasure');
  expect(stderr).toContain('have their application ask for the erasure once more, by name');
});

it.each([
  ['a file that is no list', ['reapply', '--file', 'LIST'], 'line 1 is none of "erasures list"'],
  ['no file', ['reapply'], 'list, or reapply with a file'],
  ['no time', ['list', '--since', 'yesterday'], '--since is no time'],
])('%s is refused in words', async (_, parameters, words) => {
  const file = listFile({ erasure_id: 'not an id' });
  const { code, stderr } = await erasures(...parameters.map((each) => (each === 'LIST' ? file : each)));
  expect(code).toBe(1);
  expect(stderr).toContain(words);
});
