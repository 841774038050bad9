import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { migrations as biometrics } from '@selfsame/biometrics/migrations';
import { migrate } from '@selfsame/database/migrate';
import { migrations as fraudSignals } from '@selfsame/fraud-signals/migrations';
import { createLog } from '@selfsame/runtime/log';
import { migrations as session } from '@selfsame/session/migrations';
import { migrations as share } from '@selfsame/share/migrations';
import { migrations as webhookDispatcher } from '@selfsame/webhook-dispatcher/migrations';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { somePerson } from '../harness/person.ts';
import { startWorld, type World } from '../harness/world.ts';
import { readGuide, runBlock } from './guide.ts';

const released = {
  session,
  biometrics,
  'fraud-signals': fraudSignals,
  share,
  'webhook-dispatcher': webhookDispatcher,
} as const;
const services = Object.keys(released) as (keyof typeof released)[];
const guide = readGuide('upgrade.md');
const log = createLog('upgrade', 'silent');

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.stop());

async function signIn(name: string, photo: string): Promise<void> {
  const created = await world.createSession({ workflow_id: 'wf_reauth', vendor_data: name });
  const person = await somePerson();
  const { status } = await person.look(created.session_url, photo);
  expect(status).toBe('Approved');
  // What was on its way to a replica that has just ended comes again after half a minute.
  await world.webhook(created.session_id, 'Approved', 60_000);
}

test('a release goes on, and comes back, on the schema of the next: every table has a column that it does not know', async () => {
  const name = `ada-${randomUUID()}`;
  await world.enrol(name, 'img/p01_1.jpg');
  for (const service of services) {
    const schema = service.replace('-', '_');
    const tables = await world.system.query(
      `SELECT table_name AS name FROM information_schema.tables
       WHERE table_schema = $1 AND table_type = 'BASE TABLE' AND table_name <> 'schema_migrations'`,
      [schema],
    );
    expect(tables.length).toBeGreaterThan(5);
    const columns = tables.map(
      (table) => `ALTER TABLE "${table.name}" ADD COLUMN of_the_next text DEFAULT 'new';`,
    );
    const next = {
      name: '9999-the-next-release',
      up: `${columns.join('\n')}\nCREATE TABLE of_the_next (id int);`,
    };
    await migrate({ service, url: world.system.databaseUrl, migrations: [...released[service], next], log });
  }
  // Replicas of before, which were there already.
  await signIn(name, 'img/p01_2.jpg');

  // Rolled back: the older release's Job and its replicas come anew.
  for (const service of services) {
    await migrate({ service, url: world.system.databaseUrl, migrations: released[service], log });
  }
  await Promise.all(services.map((service) => world.system.restart(service)));
  await signIn(name, 'img/p01_3.jpg');
});

test.skipIf(spawnSync('psql', ['--version']).status !== 0)(
  'the commands of the guide show what waits and what was applied',
  async () => {
    const environment = { DATABASE_URL: world.system.databaseUrl };
    const waiting = await runBlock(guide, 'waiting', environment);
    expect(waiting.trim().split('\n')).toHaveLength(services.length);
    expect(waiting).toContain('session|0 dead letters|');
    const applied = await runBlock(guide, 'applied', environment);
    for (const service of services) {
      expect(applied).toContain(`${service.replace('-', '_')} 9999-the-next-release `);
    }
    expect(guide.size).toBe(2);
  },
);

/** Statements that a replica of the release before might stumble over, each with why it does not. */
const harmless = new Map([
  [
    'ALTER TABLE applications ALTER COLUMN organization_id SET NOT NULL',
    'the column came with the same migration; only create-application makes applications',
  ],
]);

test('migrations take nothing away', () => {
  const breaking =
    /^TRUNCATE|\b(DROP (TABLE|COLUMN|SCHEMA|VIEW)|RENAME|ALTER COLUMN \w+ (SET DATA )?TYPE|SET NOT NULL|DROP DEFAULT)\b/i;
  const found = services.flatMap((service) =>
    released[service].flatMap(({ up }) =>
      up
        .replaceAll(/--.*$/gm, '')
        .split(';')
        .map((statement) => statement.replaceAll(/\s+/g, ' ').trim())
        .filter((statement) => breaking.test(statement)),
    ),
  );
  expect(found.filter((statement) => !harmless.has(statement))).toEqual([]);
});

test('the guide names every service that has a schema', () => {
  const text = readFileSync(join(import.meta.dirname, '../../docs/upgrade.md'), 'utf8');
  expect(services.filter((service) => !text.includes(service.replace('-', '_')))).toEqual([]);
});
