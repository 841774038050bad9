import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { repository } from '../local/run.ts';
import { serviceFacts, serviceNames } from '../local/topology.ts';
import { findKubectl } from './kubectl.ts';
import { renderedFile, renderRoutes } from './render-routes.ts';

test('the gateway has the same routes as the local edge', () => {
  expect(readFileSync(renderedFile, 'utf8'), 'run "pnpm routes:render"').toBe(renderRoutes());
});

interface Container {
  image: string;
  args?: string[];
  env?: { name: string; value?: string; valueFrom?: object }[];
  ports?: { name: string }[];
  envFrom?: { configMapRef?: { name: string }; secretRef?: { name: string } }[];
  securityContext?: { readOnlyRootFilesystem?: boolean; capabilities?: { drop?: string[] } };
  volumeMounts?: { mountPath: string }[];
  resources?: { requests?: { cpu?: string }; limits?: { memory?: string } };
  [probe: `${string}Probe`]: { httpGet: { path: string; port: string } };
}

interface Manifest {
  kind: string;
  metadata: { name: string };
  data?: Record<string, string>;
  spec: {
    selector?: Record<string, unknown> & { matchLabels?: Record<string, string> };
    replicas?: number;
    maxUnavailable?: number;
    clusterIP?: string;
    podSelector?: object;
    ingress?: { ports: { port: string }[]; from?: object[] }[];
    ports?: { name: string; port: number; targetPort: string }[];
    template: {
      metadata: { labels: Record<string, string> };
      spec: { containers: [Container]; volumes?: { secret?: { secretName: string; defaultMode: number } }[] };
    };
    rules?: { backendRefs: { name: string; port: number }[] }[];
  };
}

const kubectl = findKubectl();
const title = `the rendered base${kubectl ? '' : ' (left out: no kubectl here; "npm test" fetches one)'}`;

describe.skipIf(kubectl === undefined)(title, () => {
  let manifests: Manifest[];
  const render = (folder: string) => {
    const text = execFileSync(String(kubectl), ['kustomize', folder], { encoding: 'utf8' });
    return parseAllDocuments(text).map((document) => document.toJS() as Manifest);
  };
  const find = (kind: string, name: string, among = manifests) => {
    const found = among.find((each) => each.kind === kind && each.metadata.name === name);
    if (found === undefined) throw new Error(`no ${kind} ${name} is rendered`);
    return found;
  };

  beforeAll(() => {
    manifests = render(join(import.meta.dirname, 'base'));
  });

  test.each(serviceNames)('%s is deployed with probes, limits and no privileges', (name) => {
    const [container] = find('Deployment', `${name}-server`).spec.template.spec.containers;
    expect(container.startupProbe?.httpGet).toEqual({ path: '/readyz', port: 'http' });
    expect(container.readinessProbe?.httpGet).toEqual({ path: '/readyz', port: 'http' });
    expect(container.livenessProbe?.httpGet).toEqual({ path: '/healthz', port: 'http' });
    expect(container.securityContext).toMatchObject({
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(container.resources?.limits?.memory).toBeDefined();
    expect(container.image).toBe(`selfsame/${name}`);
  });

  test.each(serviceNames)('%s is reached on every port it serves, and only its servers are', (name) => {
    const { template } = find('Deployment', `${name}-server`).spec;
    const servesGrpc = serviceFacts[name].grpcPort !== undefined;
    const served = servesGrpc ? ['grpc', 'http'] : ['http'];
    expect(template.spec.containers[0].ports?.map((port) => port.name).sort()).toEqual(served);
    const services = [`${name}-server`, ...(servesGrpc ? [`${name}-grpc`] : [])].map((each) => {
      const { spec } = find('Service', each);
      expect(spec.selector).toMatchObject({ 'app.kubernetes.io/component': 'server' });
      expect(template.metadata.labels).toMatchObject(spec.selector ?? {});
      return spec;
    });
    expect(services.flatMap(({ ports }) => ports?.map((port) => port.targetPort)).sort()).toEqual(served);
  });

  test('gRPC is called by names that lead to every replica, and nobody else in the cluster reaches it', () => {
    const callees = manifests
      .filter((each) => each.kind === 'ConfigMap')
      .flatMap((each) => Object.entries(each.data ?? {}))
      .flatMap(([name, value]) => (name.endsWith('_GRPC') ? [value] : []));
    expect(new Set(callees)).toEqual(
      new Set(['session-grpc:9090', 'biometrics-grpc:9090', 'fraud-signals-grpc:9090', 'share-grpc:9090']),
    );
    for (const [host = '', port] of callees.map((each) => each.split(':'))) {
      const { spec } = find('Service', host);
      expect(spec.clusterIP).toBe('None');
      expect(spec.ports?.map((each) => String(each.port))).toEqual([port]);
    }
    const ours = { 'app.kubernetes.io/part-of': 'selfsame' };
    const policy = find('NetworkPolicy', 'servers').spec;
    expect(policy.podSelector).toEqual({ matchLabels: ours });
    const open = policy.ingress?.filter((rule) => rule.from === undefined).flatMap((rule) => rule.ports);
    expect(open).toEqual([{ port: 'http' }]);
    for (const { from = [] } of policy.ingress ?? []) {
      for (const peer of from) expect(peer).toMatchObject({ podSelector: { matchLabels: ours } });
    }
    for (const name of serviceNames) {
      expect(find('Deployment', `${name}-server`).spec.template.metadata.labels).toMatchObject(ours);
    }
  });

  test('biometrics runs a thread for each core that it asks for, whatever the node has', () => {
    const [container] = find('Deployment', 'biometrics-server').spec.template.spec.containers;
    expect(container.env?.find(({ name }) => name === 'BIOMETRICS_WORKERS')).toMatchObject({
      valueFrom: { resourceFieldRef: { resource: 'requests.cpu' } },
    });
    expect(container.resources?.requests?.cpu).toBe('2');
  });

  test.each(serviceNames)('a drained node leaves a replica of %s running', (name) => {
    const { template, replicas } = find('Deployment', `${name}-server`).spec;
    const budget = find('PodDisruptionBudget', `${name}-server`).spec;
    expect(replicas).toBeGreaterThan(budget.maxUnavailable ?? 0);
    expect(template.metadata.labels).toMatchObject(budget.selector?.matchLabels ?? {});
    expect(budget.selector?.matchLabels).toMatchObject({ 'app.kubernetes.io/name': name });
  });

  test('each service with tables, and no other, is migrated by a Job with a login of its own', () => {
    const jobs = manifests.filter((each) => each.kind === 'Job').map((job) => job.metadata.name);
    const owners = serviceNames.filter((name) => serviceFacts[name].hasDatabase);
    expect(jobs.sort()).toEqual(owners.map((name) => `${name}-migrate`).sort());
    for (const name of owners) {
      const [container] = find('Job', `${name}-migrate`).spec.template.spec.containers;
      expect(container.args).toEqual(['src/migrate.ts']);
      expect(container.image).toBe(`selfsame/${name}`);
      expect(container.envFrom).toEqual([{ secretRef: { name: `${name}-migration` } }]);
    }
  });

  test('no two services share a secret, and no configuration holds one', () => {
    const secrets = manifests
      .filter((each) => each.kind === 'Deployment')
      .flatMap((each) => each.spec.template.spec.containers[0].envFrom ?? [])
      .flatMap((source) => source.secretRef?.name ?? []);
    expect(new Set(secrets).size).toBe(secrets.length);
    const settings = manifests
      .filter((each) => each.kind === 'ConfigMap')
      .flatMap((each) => Object.keys(each.data ?? {}));
    expect(settings.filter((name) => /KEY|SECRET|PASSWORD|DATABASE_URL/.test(name))).toEqual([]);
  });

  test.each([
    ['session', ['DATABASE_URL', 'SESSION_TOKEN_KEY']],
    ['capture', []],
    ['biometrics', ['BIOMETRIC_KEY', 'DATABASE_URL']],
    ['fraud-signals', ['DATABASE_URL', 'SIGNALS_KEY']],
    ['share', ['DATABASE_URL', 'SHARE_KEY']],
    ['webhook-dispatcher', ['DATABASE_URL', 'WEBHOOK_SECRET_KEY']],
  ] as const)('%s is configured but for its secrets: %j', (name, secrets) => {
    const [container] = find('Deployment', `${name}-server`).spec.template.spec.containers;
    const given = (container.envFrom ?? []).flatMap(({ configMapRef }) =>
      configMapRef === undefined ? [] : Object.entries(find('ConfigMap', configMapRef.name).data ?? {}),
    );
    const own = (container.env ?? []).map(({ name, value }) => [name, value] as const);
    // With one more setting that is wrong, so that no service starts for real.
    const environment = {
      ...Object.fromEntries([...given, ...own]),
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
    expect(missing.sort(), stderr).toEqual([...secrets, 'LOG_LEVEL'].sort());
  });

  /** Renders the first overlay that a page shows. */
  function renderOverlay(page: string): Manifest[] {
    const text = readFileSync(join(repository, page), 'utf8');
    const overlay = /```yaml\n(apiVersion: kustomize[^`]+)```/.exec(text)?.[1] ?? '';
    const folder = mkdtempSync(join(tmpdir(), 'selfsame-overlay-'));
    try {
      symlinkSync(repository, join(folder, 'selfsame'));
      mkdirSync(join(folder, 'production'));
      writeFileSync(join(folder, 'production/kustomization.yaml'), overlay);
      return render(join(folder, 'production'));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  test('an overlay as the README shows it changes what it names', () => {
    const changed = renderOverlay('deploy/README.md');
    const configurationOf = (name: string) => {
      const [container] = find('Deployment', `${name}-server`, changed).spec.template.spec.containers;
      expect(container.image).toMatch(name === 'session' ? /^registry\.example\.com\/.*:1\.0\.0$/ : /./);
      return (container.envFrom ?? []).flatMap(({ configMapRef }) =>
        configMapRef === undefined ? [] : [find('ConfigMap', configMapRef.name, changed).data],
      );
    };
    for (const name of ['session', 'share']) {
      expect(Object.assign({}, ...configurationOf(name))).toMatchObject({
        NATS_URL: 'nats://nats.messaging:4222',
        LOG_LEVEL: 'info',
        PUBLIC_BASE_URL: 'https://id.example.com',
        BIOMETRICS_GRPC: 'biometrics-grpc:9090',
      });
    }
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

  test('every route leads to a Service and port that exist', () => {
    const routes = manifests.filter((each) => each.kind === 'HTTPRoute');
    expect(routes.length).toBeGreaterThan(0);
    for (const backend of routes
      .flatMap((route) => route.spec.rules ?? [])
      .flatMap((rule) => rule.backendRefs)) {
      expect(find('Service', backend.name).spec.ports?.map((port) => port.port)).toContain(backend.port);
    }
  });
});
