import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { repository } from '../local/run.ts';
import { findTool } from '../local/tools.ts';
import { type ServiceName, serviceFacts, serviceNames } from '../local/topology.ts';
import { devSecrets } from './dev-secrets.ts';
import { stillToSet } from './manifests-check.ts';
import { type KubernetesObject, pods as policyPods, secretsOf } from './policies/objects.ts';
import { rules } from './policies.ts';
import { kubectl, render } from './render.ts';
import { renderedFile, renderRoutes } from './render-routes.ts';
import { renderedRulesFile, renderRules } from './render-rules.ts';
import { validate } from './schemas.ts';

test('the gateway has the same routes as the local edge', () => {
  expect(readFileSync(renderedFile, 'utf8'), 'run "pnpm routes:render"').toBe(renderRoutes());
});

test('the alerts are those of deploy/observability', () => {
  expect(readFileSync(renderedRulesFile, 'utf8'), 'run "pnpm rules:render"').toBe(renderRules());
});

interface Container {
  args?: string[];
  env?: { name: string; value?: string }[];
  envFrom?: { configMapRef?: { name: string }; secretRef?: { name: string } }[];
  image: string;
  ports?: { name: string; containerPort: number }[];
  volumeMounts?: { mountPath: string }[];
}

interface Manifest extends KubernetesObject {
  data?: Record<string, string>;
  spec: {
    template: {
      spec: { containers: [Container]; volumes?: { secret?: { secretName: string; defaultMode: number } }[] };
    };
  };
}

const title = `what is rendered${kubectl ? '' : ' (left out: no kubectl here; "npm test" fetches one)'}`;

/** What is said of Kubernetes elsewhere: in code, in pages, in other files. What always holds of the objects: policies.ts. */
describe.skipIf(kubectl === undefined)(title, () => {
  let manifests: Manifest[];
  const renderAll = (folder: string) => render(folder) as Manifest[];
  const find = (kind: string, name: string, among = manifests) => {
    const found = among.find(
      ({ kind: each, metadata }) => each === kind && metadata.name.replace(/-[a-z0-9]{10}$/, '') === name,
    );
    if (found === undefined) throw new Error(`no ${kind} ${name} is rendered`);
    return found;
  };
  const containerOf = (name: ServiceName, among = manifests) =>
    find('Deployment', `${name}-server`, among).spec.template.spec.containers[0];
  const configurationOf = (name: ServiceName, among = manifests): Record<string, string> => {
    const maps = (containerOf(name, among).envFrom ?? []).flatMap(({ configMapRef }) => configMapRef ?? []);
    const data = maps.map((map) => among.find(({ metadata }) => metadata.name === map.name)?.data);
    return Object.assign({}, ...data);
  };

  beforeAll(() => {
    manifests = renderAll('base');
  });

  test('every service, and nothing else, is deployed; each on the ports that it serves', () => {
    const deployed = manifests
      .filter(({ kind }) => kind === 'Deployment')
      .map(({ metadata }) => metadata.name);
    expect(deployed.sort()).toEqual(serviceNames.map((name) => `${name}-server`).sort());
    for (const name of serviceNames) {
      const served = serviceFacts[name].grpcPort === undefined ? ['http'] : ['grpc', 'http'];
      const { ports = [], image } = containerOf(name);
      expect(ports.map((port) => port.name).sort(), name).toEqual(served);
      expect(image).toBe(`selfsame/${name}`);
    }
  });

  test.each([
    ['session', ['DATABASE_URL', 'SESSION_TOKEN_KEY']],
    ['capture', []],
    ['biometrics', ['BIOMETRIC_KEY', 'DATABASE_URL']],
    ['fraud-signals', ['DATABASE_URL', 'SIGNALS_KEY']],
    ['share', ['DATABASE_URL', 'SHARE_KEY']],
    ['webhook-dispatcher', ['DATABASE_URL', 'WEBHOOK_SECRET_KEY']],
  ] as const)('%s is configured but for its secrets: %j', (name, secrets) => {
    const own = (containerOf(name).env ?? []).map(({ name, value }) => [name, value] as const);
    // With one more setting that is wrong, so that no service starts for real.
    const environment = {
      ...configurationOf(name),
      ...Object.fromEntries(own),
      LOG_LEVEL: 'wrong',
      PATH: process.env.PATH,
    };
    const main = join(repository, 'services', name, 'src/main.ts');
    const { stderr } = spawnSync(process.execPath, [main], {
      env: environment,
      encoding: 'utf8',
      timeout: 20_000,
    });
    const missing = [...stderr.matchAll(/^[a-z-]+: ([A-Z_]+) /gm)].map((match) => match[1] ?? '');
    expect(missing.sort(), stderr).toEqual([...secrets, 'LOG_LEVEL', 'NATS_URL'].sort());
  });

  test('deploy/README.md names every Secret that production needs, and what it holds', () => {
    const page = readFileSync(join(repository, 'deploy/README.md'), 'utf8');
    const [, table = ''] = page.split('\n| Secret ');
    const secrets = (renderAll('overlays/production') as unknown as ExternalSecret[]).filter(
      ({ kind }) => kind === 'ExternalSecret',
    );
    expect(secrets.length).toBeGreaterThan(10);
    for (const { metadata, spec } of secrets) {
      const row = table
        .split('\n')
        .find((line) => line.startsWith('|') && line.includes(`\`${metadata.name}\``));
      expect(row, metadata.name).toBeDefined();
      for (const { secretKey } of spec.data) expect(row, metadata.name).toContain(`\`${secretKey}\``);
    }
  });

  test('secrets for development are those that the overlay asks for, and no two are alike', () => {
    const made = devSecrets();
    const pods = policyPods(render('overlays/dev'));
    const asked = [...new Set(pods.flatMap(secretsOf))].sort();
    expect(made.map(({ metadata }) => metadata.name).sort()).toEqual(asked);
    const keys = made.flatMap(({ stringData }) =>
      Object.entries(stringData).flatMap(([name, value]) => (name.endsWith('_KEY') ? [value] : [])),
    );
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys.map((key) => Buffer.from(key, 'base64').length)).toEqual(keys.map(() => 32));
  });

  /** Renders the first overlay that a page shows and that names `base`. */
  function renderOverlay(page: string, base = ''): Manifest[] {
    const text = readFileSync(join(repository, page), 'utf8');
    const shown = [...text.matchAll(/```yaml\n(apiVersion: kustomize[\s\S]+?)```/g)].map(([, each]) => each);
    const overlay = shown.find((each) => each?.includes(base)) ?? '';
    const folder = mkdtempSync(join(tmpdir(), 'selfsame-overlay-'));
    try {
      symlinkSync(repository, join(folder, 'selfsame'));
      mkdirSync(join(folder, 'production'));
      writeFileSync(join(folder, 'production/kustomization.yaml'), overlay);
      return renderAll(join(folder, 'production'));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  test('an overlay as the README shows it changes what it names', () => {
    const changed = renderOverlay('deploy/README.md', 'overlays/production');
    expect(containerOf('session', changed).image).toBe('registry.acme.example/selfsame/session:1.0.0');
    for (const name of ['session', 'share'] as const) {
      expect(configurationOf(name, changed)).toMatchObject({
        NATS_STREAM_REPLICAS: '3',
        TRUSTED_PROXIES: '10.20.0.0/16',
        PUBLIC_BASE_URL: 'https://id.acme.example',
      });
    }
    expect(configurationOf('biometrics', changed).SELFSAME_ASSETS).toBe(
      'https://mirror.acme.example/selfsame',
    );
    const signals = find('Deployment', 'fraud-signals-server', changed).spec.template.spec.containers[0];
    expect(signals.volumeMounts?.map(({ mountPath }) => mountPath)).toContain(
      configurationOf('fraud-signals', changed).SIGNALS_IP_DATA,
    );
    const gateway = JSON.stringify(find('Gateway', 'selfsame', changed));
    expect(gateway).toContain('"gatewayClassName":"envoy"');
    expect(gateway).not.toContain('selfsame.example.com');
    const broken = rules.flatMap((rule) => rule.check(changed).map((each) => `${rule.name}: ${each}`));
    // Images that this short example leaves alone stay behind.
    expect(broken.filter((each) => !each.startsWith('images-are-of-one-release'))).toEqual([]);
  });

  test('manifests:check names what is ours in an overlay, and nothing once it is yours', () => {
    const ours = stillToSet(renderAll('overlays/production')).join('\n');
    for (const said of [
      'ConfigMap/session-config-',
      'ConfigMap/share-config-',
      'Gateway/selfsame names selfsame.example.com',
      'ConfigMap/biometrics-config-',
      'gatewayClassName is "selfsame"',
      'TRUSTED_PROXIES has all of 10.0.0.0/8',
      'registry.example.com/selfsame/session:0.1.0 is a tag',
    ])
      expect(ours).toContain(said);
    const shown = renderOverlay('deploy/README.md', 'overlays/production');
    const yours = stillToSet(shown).filter((each) => !each.includes('registry.'));
    expect(yours).toEqual([]);
    const pinned = JSON.stringify(shown).replaceAll(
      /"image":"[^"]*selfsame\/([^:"]+):[^"]+"/g,
      '"image":"registry.acme.example/selfsame/$1@sha256:0a"',
    );
    expect(stillToSet(JSON.parse(pinned) as Manifest[])).toEqual([]);
  });

  test('trying it out: biometrics knows its weights, and the way in leads to every service where its edge looks', () => {
    const changed = renderOverlay('deploy/README.md', 'overlays/dev');
    const settings = configurationOf('biometrics', changed);
    expect(settings.SELFSAME_ASSETS).toMatch(/^https:/);
    expect(settings.OBJECT_STORE_URL).toBeUndefined();
    expect(rules.flatMap((rule) => (rule.scope ? [] : rule.check(changed)))).toEqual([]);
    const page = readFileSync(join(repository, 'deploy/README.md'), 'utf8');
    const ways = /for way in ([^;]+);/.exec(page)?.[1]?.split(' ') ?? [];
    const wanted = serviceNames.map((name) => `${name}:${serviceFacts[name].httpPort}`);
    expect(ways.toSorted()).toEqual(wanted.toSorted());
    const edge = readFileSync(join(repository, 'deploy/local/edge-main.ts'), 'utf8');
    for (const name of serviceNames) {
      const variable = `${name.toUpperCase().replaceAll('-', '_')}_HTTP`;
      expect(edge).toContain(`upstream('${variable}', ${serviceFacts[name].httpPort})`);
      const { ports = [] } = find('Service', `${name}-server`, changed).spec as unknown as {
        ports?: { port: number }[];
      };
      expect(ports.map(({ port }) => port)).toContain(8080);
    }
    expect(configurationOf('session', changed).PUBLIC_BASE_URL).toBe('http://localhost:8080');
  });

  test('the Job that docs/trace-and-doctor.md shows keeps to the policies, and reaches PostgreSQL alone', async () => {
    const page = readFileSync(join(repository, 'docs/trace-and-doctor.md'), 'utf8');
    const shown = parse(/```yaml\n(apiVersion: batch[\s\S]+?)```/.exec(page)?.[1] ?? '') as Manifest;
    const objects = renderAll('overlays/production');
    const [before, after] = [objects, [...objects, { ...shown, metadata: { name: 'trace' } }]].map((all) =>
      rules.filter((rule) => rule.check(all).length > 0).map(({ name }) => name),
    );
    expect(before).toEqual([]);
    // It is no migration and comes with no release, and who only reads needs no account of its own.
    const ofReleases = /migration|^owners-are-migrated$|^images-are-of-one-release$|^account-of-its-own$/;
    expect(
      after?.filter((name) => !ofReleases.test(name) || name === 'migrations-are-reached-by-nobody'),
    ).toEqual([]);
    expect(await validate([shown])).toEqual([]);
  });

  test('deploy/README.md lets the proxies in that its example has, and those of Cilium', () => {
    const page = readFileSync(join(repository, 'deploy/README.md'), 'utf8');
    expect(page).toContain('kubectl label namespace envoy-gateway-system selfsame/gateway=true');
    const shown = /```yaml\n(apiVersion: cilium[^`]+)```/.exec(page)?.[1] ?? '';
    const { spec } = parse(shown) as CiliumPolicy;
    const policy = find('NetworkPolicy', 'gateway-to-services') as unknown as {
      spec: { podSelector: object };
    };
    expect(spec.endpointSelector).toEqual(policy.spec.podSelector);
    const ports = serviceNames.flatMap((name) =>
      (containerOf(name).ports ?? []).flatMap(({ name: port, containerPort }) =>
        port === 'http' ? [String(containerPort)] : [],
      ),
    );
    expect(spec.ingress).toEqual([
      {
        fromEntities: ['ingress'],
        toPorts: [{ ports: [...new Set(ports)].map((port) => ({ port, protocol: 'TCP' })) }],
      },
    ]);
  });

  test('an overlay as docs/keys.md shows it mounts a key file, and not for biometrics', () => {
    const changed = renderOverlay('docs/keys.md');
    for (const name of serviceNames) {
      const { containers, volumes } = find('Deployment', `${name}-server`, changed).spec.template.spec;
      const [{ env = [], volumeMounts = [] }] = containers;
      const usesFile = ['fraud-signals', 'session', 'share', 'webhook-dispatcher'].includes(name);
      const file = env.find((each) => each.name === 'KEY_FILE')?.value;
      expect(file, name).toBe(usesFile ? '/etc/selfsame/keys/keys.json' : undefined);
      const mounted = volumeMounts.filter(({ mountPath }) => mountPath === '/etc/selfsame/keys');
      expect(mounted.length, name).toBe(usesFile ? 1 : 0);
      const secrets = (volumes ?? []).flatMap(({ secret }) => secret ?? []);
      expect(secrets, name).toEqual(usesFile ? [{ secretName: 'data-keys', defaultMode: 0o440 }] : []);
    }
  });

  test.skipIf(findTool('promtool') === undefined)(
    'Prometheus reads every query that something scales by',
    () => {
      const scaled = (renderAll('overlays/production-gpu') as unknown as ScaledObject[]).filter(
        ({ kind }) => kind === 'ScaledObject',
      );
      const queries = scaled.flatMap(({ spec }) => spec.triggers.map(({ metadata }) => metadata.query));
      const rules = queries.map((expr, index) => ({ record: `query:${index}`, expr }));
      const folder = mkdtempSync(join(tmpdir(), 'selfsame-queries-'));
      try {
        writeFileSync(join(folder, 'rules.yaml'), stringify({ groups: [{ name: 'queries', rules }] }));
        const { stdout, stderr } = spawnSync('promtool', ['check', 'rules', join(folder, 'rules.yaml')], {
          encoding: 'utf8',
        });
        expect(`${stdout}${stderr}`).toContain(`SUCCESS: ${queries.length} rules found`);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  );
});

interface CiliumPolicy {
  spec: { endpointSelector: object; ingress: object[] };
}
interface ExternalSecret extends KubernetesObject {
  spec: { data: { secretKey: string }[] };
}
interface ScaledObject extends KubernetesObject {
  spec: { triggers: { metadata: { query: string } }[] };
}
