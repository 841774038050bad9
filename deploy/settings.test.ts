import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '@selfsame/runtime/config';
import { beforeAll, expect, test } from 'vitest';
import { repository } from './local/run.ts';
import { type Neighbourhood, type ServiceName, serviceEnvironment, serviceNames } from './local/topology.ts';

const key = Buffer.alloc(32).toString('base64');
const around: Neighbourhood = {
  host: '127.0.0.1',
  publicUrl: 'http://127.0.0.1:8080',
  databaseUrl: 'postgres://127.0.0.1/selfsame',
  natsUrl: 'nats://127.0.0.1:4222',
  secrets: {
    BIOMETRIC_KEY: key,
    SESSION_TOKEN_KEY: key,
    SHARE_KEY: key,
    SIGNALS_KEY: key,
    WEBHOOK_SECRET_KEY: key,
    POSTGRES_PASSWORD: key,
  },
  imagesDirectory: '/images',
  keyFiles: { data: '/data.json', biometric: '/biometric.json' },
  ports: {
    session: { http: 1, grpc: 2 },
    capture: { http: 3 },
    biometrics: { http: 4, grpc: 5 },
    'fraud-signals': { http: 6, grpc: 7 },
    share: { http: 9, grpc: 10 },
    'webhook-dispatcher': { http: 8 },
  },
};
const local = (name: ServiceName) => serviceEnvironment(name, around);

/** The variables that a service looks at when it reads its configuration. */
async function settingsOf(name: ServiceName): Promise<string[]> {
  const file = join(repository, 'services', name, 'src/config.ts');
  const { readConfig } = (await import(file)) as { readConfig(environment: Environment): unknown };
  const read = new Set<string>();
  const observed = new Proxy(local(name), {
    get(target, variable) {
      read.add(String(variable));
      return Reflect.get(target, variable);
    },
  });
  readConfig(observed);
  return [...read].sort();
}

/** The variables in the first column of each table under "Settings" in docs/run.md, by the word above that column. */
function documentedSettings(): Map<string, string[]> {
  const text = readFileSync(join(repository, 'docs/run.md'), 'utf8');
  const section = /^## Settings\n(.*?)^## /ms.exec(text)?.[1] ?? '';
  const tables = new Map<string, string[]>();
  for (const table of section.split('\n\n').filter((paragraph) => paragraph.startsWith('|'))) {
    const [title = '', , ...rows] = table.split('\n').map((row) => row.split('|')[1]?.trim() ?? '');
    tables.set(
      title,
      rows.flatMap((row) => [...row.matchAll(/`([A-Z0-9_]+)`/g)].flatMap((match) => match[1] ?? [])),
    );
  }
  return tables;
}

const everywhere = 'everywhere';
const documented = documentedSettings();
const readBy = new Map<ServiceName, string[]>();
beforeAll(async () => {
  for (const name of serviceNames) readBy.set(name, await settingsOf(name));
});

test.each(serviceNames)('docs/run.md names every setting of %s, and none that it does not have', (name) => {
  const shared = new Set(documented.get(everywhere));
  const own = readBy.get(name)?.filter((each) => !shared.has(each));
  expect(documented.get(name)?.toSorted()).toEqual(own);
});

test('what docs/run.md says of all services is read by more than one of them', () => {
  const readers = (variable: string) => serviceNames.filter((name) => readBy.get(name)?.includes(variable));
  expect([...documented.keys()]).toEqual([everywhere, ...serviceNames]);
  for (const variable of documented.get(everywhere) ?? []) {
    expect(readers(variable).length, variable).toBeGreaterThan(1);
  }
});

test.each(serviceNames)('a local run gives %s nothing that it does not read', (name) => {
  expect(readBy.get(name)).toEqual(expect.arrayContaining(Object.keys(local(name))));
});
