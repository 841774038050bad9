import {
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assetsDirectory } from '@selfsame/testing/assets';
import { type TestNats, testNats } from '@selfsame/testing/nats';
import { freePort } from '@selfsame/testing/owned-process';
import { type TestDatabase, testDatabaseUrl } from '@selfsame/testing/postgres';
import { waitFor } from '@selfsame/testing/wait';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { serviceFacts, serviceNames } from '../local/topology.ts';
import {
  assembleBase,
  assembleImage,
  childrenOf,
  commandInImage,
  type Image,
  isolated,
  putUnder,
  type RunInImage,
  runInImage,
} from './container.ts';

// Without a cache of compiled code each process takes a second of a core, more where cores are shared.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 180_000 });

type ServiceName = (typeof serviceNames)[number];
const folder = mkdtempSync(join(tmpdir(), 'selfsame-image-'));
const images = new Map<ServiceName | 'cli', Image>();
const settings = new Map<ServiceName, NodeJS.ProcessEnv>();
const running: RunInImage[] = [];
let database: TestDatabase;
let nats: TestNats;

beforeAll(async () => {
  [database, nats] = await Promise.all([testDatabaseUrl(), testNats()]);
  const base = join(folder, 'base');
  assembleBase(base);
  const assemble = async (name: ServiceName | 'cli') => {
    const image = await assembleImage(name, join(folder, name));
    if (isolated) putUnder(base, image);
    images.set(name, image);
    if (name !== 'cli') settings.set(name, await environmentOf(name));
  };
  await Promise.all([...serviceNames, 'cli' as const].map(assemble));
});
afterAll(async () => {
  await Promise.all(running.map((each) => each.kill()));
  await Promise.all([database?.drop(), nats?.stop()]);
  rmSync(folder, { recursive: true, force: true });
});

/** Every setting that a service cannot do without. */
async function environmentOf(name: ServiceName): Promise<NodeJS.ProcessEnv> {
  const key = Buffer.alloc(32, name).toString('base64');
  const neighbours = ['SESSION_GRPC', 'BIOMETRICS_GRPC', 'FRAUD_SIGNALS_GRPC', 'SHARE_GRPC'];
  const keys = ['SESSION_TOKEN_KEY', 'BIOMETRIC_KEY', 'SIGNALS_KEY', 'SHARE_KEY', 'WEBHOOK_SECRET_KEY'];
  return {
    HTTP_PORT: String(await freePort()),
    ...(serviceFacts[name].grpcPort === undefined ? {} : { GRPC_PORT: String(await freePort()) }),
    ...(serviceFacts[name].hasDatabase ? { DATABASE_URL: database.url } : {}),
    NATS_URL: nats.url,
    PUBLIC_BASE_URL: 'https://id.example.com',
    ...Object.fromEntries(neighbours.map((each) => [each, '127.0.0.1:9'])),
    ...Object.fromEntries(keys.map((each) => [each, key])),
    ...(name === 'biometrics' ? { SELFSAME_CACHE_DIR: inside(name, 'assets'), BIOMETRICS_WORKERS: '1' } : {}),
  };
}

/** A path of an image as its processes see it. */
function inside(name: ServiceName, path: string): string {
  return isolated ? `/${path}` : join(folder, name, path);
}

function imageOf(name: ServiceName | 'cli'): Image {
  const image = images.get(name);
  if (image === undefined) throw new Error(`no image of ${name}`);
  return image;
}

const command = (name: ServiceName, args: readonly string[], more: NodeJS.ProcessEnv = {}) =>
  commandInImage(imageOf(name), args, { ...settings.get(name), ...more });

test('the init step fills a volume with weights', async () => {
  const { root } = imageOf('biometrics');
  for (const place of ['assets', 'mirror']) mkdirSync(join(root, place), { recursive: true });
  cpSync(join(assetsDirectory(), 'models'), join(root, 'mirror'), { recursive: true });
  if (isolated) chownSync(join(root, 'assets'), 1000, 1000);
  const filled = await command('biometrics', ['src/cli/fetch-assets.ts'], {
    SELFSAME_ASSETS: inside('biometrics', 'mirror'),
  });
  expect(filled).toMatchObject({ code: 0, output: expect.stringContaining('all hashes right') });
  rmSync(join(root, 'mirror'), { recursive: true });
});

test('migrations run from the images of those who own tables', async () => {
  const owners = serviceNames.filter((name) => serviceFacts[name].hasDatabase);
  const runs = await Promise.all(owners.map((name) => command(name, ['src/migrate.ts'])));
  expect(runs.map(({ code }) => code)).toEqual(owners.map(() => 0));
});

test('every service becomes ready from what its image holds, and ends in order on SIGTERM', async () => {
  const started = serviceNames.map((name) => {
    const run = runInImage(imageOf(name), ['src/main.ts'], settings.get(name) ?? {});
    running.push(run);
    return { name, run, probe: `http://127.0.0.1:${settings.get(name)?.HTTP_PORT}` };
  });
  await Promise.all(started.map((each) => becomesReady(each)));
  const page = await fetch(`${started.find(({ name }) => name === 'capture')?.probe}/session/no-such-token`);
  expect(page.headers.get('content-type')).toContain('text/html');

  for (const { name, run } of started) {
    const pid = run.pid();
    // Process 1 has to wait for whoever loses their parent: nobody has any.
    expect([name, childrenOf(pid)]).toEqual([name, []]);
    process.kill(pid, 'SIGTERM');
  }
  await Promise.all(started.map(({ run }) => run.process.exited));
  const ends = started.map(({ name, run }) => [name, run.process.child.exitCode]);
  expect(ends).toEqual(serviceNames.map((name) => [name, 0]));
  const errors = started.flatMap(
    ({ run }) => run.output().match(/^.*"level":"?(error|fatal|50|60).*$/gm) ?? [],
  );
  expect(errors).toEqual([]);
});

/** @throws Error with what the service has said */
async function becomesReady({
  name,
  run,
  probe,
}: {
  name: string;
  run: RunInImage;
  probe: string;
}): Promise<void> {
  const probed = async () => {
    if (run.process.child.exitCode !== null) return 'ended';
    const answer = await fetch(`${probe}/readyz`).catch(() => undefined);
    return answer?.status === 200 && 'ready';
  };
  const state = await waitFor(`${name} is ready`, probed, { timeoutMs: 90_000, intervalMs: 100 }).catch(
    String,
  );
  if (state !== 'ready') throw new Error(`${name}: ${state}\n${run.output().slice(-2_000)}`);
}

test('the commands that guides name run in the images', async () => {
  const runs = await Promise.all([
    command('session', ['src/cli/create-application.ts', '--slug', 'shop', '--name', 'Shop']),
    command('webhook-dispatcher', [
      '../../libs/bus/src/cli/dead-letters.ts',
      'list',
      '--service',
      'webhook-dispatcher',
    ]),
    command('share', ['../../libs/keys/src/cli/keys.ts', 'list', '--service', 'share']),
  ]);
  expect(runs.map(({ code }) => code)).toEqual([0, 0, 0]);
  expect(runs[0]?.output).toContain('"api_key"');
  expect(runs[2]?.output).toContain('environment');
});

test('the command line runs from its image', async () => {
  const { code, output } = await commandInImage(imageOf('cli'), ['src/main.ts', '--help'], {});
  expect(output).toContain('usage: selfsame trace');
  expect(code).toBe(0);
});

test('without configuration it says what is missing, all at once', async () => {
  const { code, output } = await commandInImage(imageOf('webhook-dispatcher'), ['src/main.ts'], {});
  expect(output).toContain('webhook-dispatcher: DATABASE_URL is not set');
  expect(output).toContain('webhook-dispatcher: WEBHOOK_SECRET_KEY is not set');
  expect(code).toBe(1);
});

test.each(serviceNames)(
  'the image of %s holds no other service, no tests and no development tools',
  (name) => {
    const app = join(imageOf(name).root, 'app');
    const files = readdirSync(app, { recursive: true, encoding: 'utf8' });
    expect(readdirSync(join(app, 'services'))).toEqual([name]);
    expect(existsSync(join(app, 'libs/testing'))).toBe(false);
    expect(files.filter((path) => /^(libs|services)\/[^/]+\/(src\/.*\.test\.ts|test)$/.test(path))).toEqual(
      [],
    );
    const tools = ['vitest', 'typescript', 'turbo', 'vite', '@biomejs/biome', 'pnpm', 'playwright-core'];
    const installed = tools.filter((tool) => existsSync(join(app, 'node_modules/.pnpm/node_modules', tool)));
    expect(installed).toEqual([]);
  },
);

interface Bill {
  readonly bomFormat: string;
  readonly specVersion: string;
  readonly metadata: { readonly component: { readonly name: string } };
  readonly components: readonly {
    readonly name: string;
    readonly group?: string;
    readonly version: string;
    readonly purl: string;
    readonly licenses?: readonly { readonly license?: object; readonly expression?: string }[];
  }[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn?: readonly string[] }[];
}

test.each(serviceNames)('the bill of materials of %s is what is installed, each with its licence', (name) => {
  const app = join(imageOf(name).root, 'app');
  const bill: Bill = JSON.parse(readFileSync(join(app, 'sbom.json'), 'utf8'));
  expect(bill).toMatchObject({
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    metadata: { component: { name } },
  });
  const listed = bill.components.map(
    ({ group, name, version }) => `${group ? `${group}/` : ''}${name}@${version}`,
  );
  const own = readdirSync(join(app, 'libs')).map((lib) => `@selfsame/${lib}@0.1.0`);
  const node = `node@${process.versions.node}`;
  expect(listed.sort()).toEqual([...new Set([...installedIn(app), ...own, node])].sort());
  expect(bill.components.filter(({ licenses }) => !licenses?.length).map(({ purl }) => purl)).toEqual([]);

  const known = new Set(bill.dependencies.map(({ ref }) => ref));
  const unknown = bill.dependencies.flatMap(({ dependsOn = [] }) =>
    dependsOn.filter((ref) => !known.has(ref)),
  );
  expect(unknown).toEqual([]);
});

/** Name and version of every package that lies in the virtual store. */
function installedIn(app: string): string[] {
  const store = join(app, 'node_modules/.pnpm');
  return readdirSync(store)
    .map((entry) => join(store, entry, 'node_modules'))
    .filter((place) => !place.startsWith(join(store, 'node_modules')) && existsSync(place))
    .flatMap((place) =>
      readdirSync(place).flatMap((entry) =>
        entry.startsWith('@')
          ? readdirSync(join(place, entry)).map((inner) => join(place, entry, inner))
          : [join(place, entry)],
      ),
    )
    .filter((path) => existsSync(join(path, 'package.json')))
    .map((path) => JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')))
    .map(({ name, version }) => `${name}@${version}`);
}
