import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { serviceFacts, serviceNames } from '../local/topology.ts';
import { findKubectl } from './kubectl.ts';
import { renderedFile, renderRoutes } from './render-routes.ts';

test('the gateway has the same routes as the local edge', () => {
  expect(readFileSync(renderedFile, 'utf8'), 'run "pnpm routes:render"').toBe(renderRoutes());
});

interface Container {
  image: string;
  args?: string[];
  env?: { name: string; value: string }[];
  ports?: { name: string }[];
  envFrom?: { configMapRef?: { name: string }; secretRef?: { name: string } }[];
  securityContext?: { readOnlyRootFilesystem?: boolean; capabilities?: { drop?: string[] } };
  resources?: { limits?: { memory?: string } };
  [probe: `${string}Probe`]: { httpGet: { path: string; port: string } };
}

interface Manifest {
  kind: string;
  metadata: { name: string };
  data?: Record<string, string>;
  spec: {
    selector?: Record<string, unknown> & { matchLabels?: Record<string, string> };
    ports?: { name: string; port: number; targetPort: string }[];
    template: { metadata: { labels: Record<string, string> }; spec: { containers: [Container] } };
    rules?: { backendRefs: { name: string; port: number }[] }[];
  };
}

const kubectl = findKubectl();
const title = `the rendered base${kubectl ? '' : ' (left out: no kubectl here; "npm test" fetches one)'}`;

describe.skipIf(kubectl === undefined)(title, () => {
  let manifests: Manifest[];
  const find = (kind: string, name: string) => {
    const found = manifests.find((each) => each.kind === kind && each.metadata.name === name);
    if (found === undefined) throw new Error(`no ${kind} ${name} is rendered`);
    return found;
  };

  beforeAll(() => {
    const base = fileURLToPath(new URL('./base', import.meta.url));
    const text = execFileSync(String(kubectl), ['kustomize', base], { encoding: 'utf8' });
    manifests = parseAllDocuments(text).map((document) => document.toJS() as Manifest);
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

  test.each(serviceNames)(
    '%s is reached by its Service on every port it serves, and only its servers are',
    (name) => {
      const service = find('Service', `${name}-server`).spec;
      const { template } = find('Deployment', `${name}-server`).spec;
      const served = serviceFacts[name].grpcPort === undefined ? ['http'] : ['grpc', 'http'];
      expect(service.ports?.map((port) => port.targetPort).sort()).toEqual(served);
      expect(template.spec.containers[0].ports?.map((port) => port.name).sort()).toEqual(served);
      expect(template.metadata.labels).toMatchObject(service.selector ?? {});
      expect(service.selector).toMatchObject({ 'app.kubernetes.io/component': 'server' });
    },
  );

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
    const main = fileURLToPath(new URL(`../../services/${name}/src/main.ts`, import.meta.url));
    const { stderr } = spawnSync(process.execPath, [main], {
      env: environment,
      encoding: 'utf8',
      timeout: 20_000,
    });
    const missing = [...stderr.matchAll(/^[a-z-]+: ([A-Z_]+) /gm)].map((match) => match[1] ?? '');
    expect(missing.sort(), stderr).toEqual([...secrets, 'LOG_LEVEL'].sort());
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
