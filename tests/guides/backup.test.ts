import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitFor } from '@selfsame/testing/wait';
import { afterAll, expect, test } from 'vitest';
import { apiClient } from '../harness/api-client.ts';
import { somePerson } from '../harness/person.ts';
import { type RunningSystem, runSystem } from '../harness/running-system.ts';
import { readGuide, runBlock } from './guide.ts';

const guide = readGuide('backup.md');
const folder = mkdtempSync(join(tmpdir(), 'selfsame-backup-'));
const places = {
  DATA: join(folder, 'data'),
  PGDATA: join(folder, 'data/postgres'),
  BACKUP: join(folder, 'backup'),
  ARCHIVE: join(folder, 'archive'),
};
/** Of the run that is on. */
let stopSystem: (() => Promise<void>) | undefined;
afterAll(async () => {
  await stop();
  rmSync(folder, { recursive: true, force: true });
});

/** `npm start` on the data directory. */
async function start(): Promise<RunningSystem> {
  const system = await runSystem({}, { dataDirectory: places.DATA });
  stopSystem = system.stop;
  return system;
}

async function stop(): Promise<void> {
  const ending = stopSystem?.();
  stopSystem = undefined;
  await ending;
}

const api = (on: RunningSystem) => apiClient(on.baseUrl, on.local.api_key);

/** One look with this photo; the answer's status. */
async function look(on: RunningSystem, workflow: string, vendorData: string, photo: string): Promise<string> {
  const { status, body } = await api(on).post('/v3/session/', {
    workflow_id: workflow,
    vendor_data: vendorData,
  });
  if (status !== 201) return `${status} ${JSON.stringify(body)}`;
  const person = await somePerson();
  const answer = await person
    .look(body.session_url, photo)
    .catch((error: Error) => ({ status: error.message }));
  return answer.status ?? 'refused';
}
const enrol = (on: RunningSystem, name: string, photo: string) =>
  look(on, 'wf_first_verification', name, photo);
const signIn = (on: RunningSystem, name: string, photo: string) => look(on, 'wf_reauth', name, photo);

/** Enrolment follows the verdict by an event. */
async function enrolled(on: RunningSystem, count: number): Promise<void> {
  await waitFor('everybody is enrolled', async () => {
    const sql = "SELECT count(*)::int AS count FROM biometrics.templates WHERE kind = 'subject'";
    return (await on.query(sql))[0]?.count === count;
  });
}

const canRun = spawnSync('psql', ['--version']).status === 0;

test.skipIf(!canRun)(
  'the commands of the guide bring back everybody to a moment, but for who was erased since',
  async () => {
    for (const place of [places.BACKUP, places.ARCHIVE]) mkdirSync(place);
    // The server may run as a user of its own.
    chmodSync(folder, 0o755);
    chmodSync(places.ARCHIVE, 0o777);
    const someone = (name: string) => `${name}-${randomUUID()}`;
    const [ada, ben, cleo] = [someone('ada'), someone('ben'), someone('cleo')] as const;
    let on = await start();
    const run = (block: string, more: NodeJS.ProcessEnv = {}) =>
      runBlock(guide, block, { ...places, DATABASE_URL: on.databaseUrl, ...more });

    expect(await enrol(on, ada, 'img/p01_1.jpg')).toBe('Approved');
    expect(await enrol(on, ben, 'img/p02_1.jpg')).toBe('Approved');
    await enrolled(on, 2);
    await run('archive');
    await on.restart('postgres');
    await waitFor('the server archives', async () => {
      const rows = await on.query("SELECT current_setting('archive_mode') AS mode").catch(() => []);
      return rows[0]?.mode === 'on' && (await api(on).get('/v3/sessions/')).status === 200;
    });

    await run('base-backup');
    await run('files');

    // After the base backup: only the archive knows it.
    expect(await enrol(on, cleo, 'img/p03_1.jpg')).toBe('Approved');
    await enrolled(on, 3);
    const [row] = await on.query('SELECT clock_timestamp()::text AS moment');
    const moment = String(row?.moment);
    const { body: erasure } = await api(on).delete(`/v3/users/${ben}/`);
    const certificate = () => api(on).get(`/v3/erasures/${erasure.erasure_id}/`);
    const erased = () => waitFor('ben is erased', async () => (await certificate()).body.status === 'erased');
    await erased();
    await run('erasures');
    expect(readFileSync(join(places.BACKUP, 'erasures.jsonl'), 'utf8')).not.toContain('ben');
    const [last] = await on.query('SELECT pg_walfile_name(pg_switch_wal()) AS name');
    await waitFor('the log is archived', () => existsSync(join(places.ARCHIVE, String(last?.name))));

    // Everything is lost but the backup.
    await stop();
    rmSync(places.DATA, { recursive: true });
    await run('restore-files');
    await run('restore-postgres', { MOMENT: moment });
    on = await start();
    expect(await signIn(on, ada, 'img/p01_2.jpg')).toBe('Approved');
    expect(await signIn(on, cleo, 'img/p03_2.jpg')).toBe('Approved');
    // Why the list is needed: the backup has brought him back.
    expect((await certificate()).status).toBe(404);
    const kept = "SELECT count(*)::int AS count FROM biometrics.templates WHERE kind = 'subject'";
    expect(await on.query(kept)).toEqual([{ count: 3 }]);

    const secrets = JSON.parse(readFileSync(join(places.DATA, 'secrets.json'), 'utf8'));
    const outcome = await run('reapply', { SESSION_TOKEN_KEY: secrets.SESSION_TOKEN_KEY });
    expect(JSON.parse(outcome)).toMatchObject({ erasure_id: erasure.erasure_id, outcome: 'reapplied' });
    await erased();
    expect(await on.query(kept)).toEqual([{ count: 2 }]);
    expect(await signIn(on, ben, 'img/p02_2.jpg')).not.toBe('Approved');

    // Of a directory that nobody uses: what comes back is what there was.
    await stop();
    await run('cold-backup');
    renameSync(places.DATA, `${places.DATA}-before`);
    await run('cold-restore');
    const omitted = ['nats', 'logs', 'run'].flatMap((name) => ['-x', name]);
    const compared = ['-r', ...omitted, `${places.DATA}-before`, places.DATA];
    expect(spawnSync('diff', compared, { encoding: 'utf8' })).toMatchObject({ status: 0, stdout: '' });
    const owner = (path: string) => [statSync(path).uid, statSync(path).mode];
    for (const name of ['postgres', 'postgres/PG_VERSION', 'keys/data.json', 'secrets.json']) {
      expect(owner(join(places.DATA, name))).toEqual(owner(join(`${places.DATA}-before`, name)));
    }
  },
  240_000,
);

test('every block of the guide is run by this test', () => {
  const source = readFileSync(join(import.meta.dirname, 'backup.test.ts'), 'utf8');
  expect([...guide.keys()].filter((name) => !source.includes(`run('${name}'`))).toEqual([]);
  expect(guide.size).toBe(9);
});
