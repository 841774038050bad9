import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repository } from '../local/run.ts';
import type { KubernetesObject, Objects } from './policies/objects.ts';

/** Where the schema of an apiVersion is: made from Kubernetes' own and from each operator's CustomResourceDefinitions. */
const packages: Readonly<Record<string, string>> = {
  v1: 'kubernetes-models/v1',
  'apps/v1': 'kubernetes-models/apps/v1',
  'autoscaling/v2': 'kubernetes-models/autoscaling/v2',
  'batch/v1': 'kubernetes-models/batch/v1',
  'networking.k8s.io/v1': 'kubernetes-models/networking.k8s.io/v1',
  'policy/v1': 'kubernetes-models/policy/v1',
  'scheduling.k8s.io/v1': 'kubernetes-models/scheduling.k8s.io/v1',
  'cert-manager.io/v1': '@kubernetes-models/cert-manager/cert-manager.io/v1',
  'external-secrets.io/v1': '@kubernetes-models/external-secrets/external-secrets.io/v1',
  'gateway.networking.k8s.io/v1': '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1',
  'keda.sh/v1alpha1': '@kubernetes-models/keda/keda.sh/v1alpha1',
  'monitoring.coreos.com/v1': '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1',
  'postgresql.cnpg.io/v1': '@kubernetes-models/cloudnative-pg/postgresql.cnpg.io/v1',
};

type Model = new (object: KubernetesObject) => { validate(): void };

/** Checks values: required fields, types, patterns, bounds. @returns what is wrong, by object */
export async function validate(objects: Objects): Promise<string[]> {
  const mistakes: string[] = [];
  for (const object of objects) {
    const { [object.kind]: Model } = (await import(packageOf(object))) as Record<string, Model | undefined>;
    if (Model === undefined) throw new Error(`there is no schema of ${object.apiVersion} ${object.kind}`);
    try {
      new Model(object).validate();
    } catch (error) {
      mistakes.push(`${nameOf(object)}: ${error instanceof Error ? error.message : error}`);
    }
  }
  return mistakes;
}

/**
 * Checks names: validators let fields pass that a schema does not have, and so does a cluster, which drops them. Types do not,
 * so every object becomes a literal that the compiler looks at.
 * @returns what is wrong, by object
 */
export function findUnknownFields(objects: Objects): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'selfsame-schemas-'));
  try {
    symlinkSync(join(repository, 'deploy/node_modules'), join(folder, 'node_modules'));
    const file = join(folder, 'objects.ts');
    const lines = objects.map((object, index) => {
      const type = `import('${packageOf(object)}').I${object.kind}`;
      return `export const o${index}: ${type} = ${JSON.stringify(object)};`;
    });
    writeFileSync(file, lines.join('\n'));
    const compiler = join(repository, 'node_modules/.bin/tsc');
    const options = ['--ignoreConfig', '--noEmit', '--strict', '--skipLibCheck', '--pretty', 'false'];
    const { stdout, status } = spawnSync(compiler, [...options, '--module', 'nodenext', file], {
      encoding: 'utf8',
    });
    const mistakes = stdout.split('\n').flatMap((line) => {
      const [, row, text] = /\((\d+),\d+\): error \w+: (.*)$/.exec(line) ?? [];
      const object = objects[Number(row) - 1];
      return object === undefined ? [] : [`${nameOf(object)}: ${text}`];
    });
    if (status !== 0 && mistakes.length === 0) throw new Error(`the compiler failed: ${stdout}`);
    return mistakes;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function packageOf(object: KubernetesObject): string {
  const found = packages[object.apiVersion];
  if (found === undefined) throw new Error(`there is no schema of ${object.apiVersion}`);
  return found;
}

const nameOf = ({ kind, metadata }: KubernetesObject) => `${kind}/${metadata.name}`;
