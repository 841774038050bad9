import { owners } from './facts.ts';
import { all, find, type Objects, pods, servers, serviceOf, wrongObjects, wrongPods } from './objects.ts';
import { change, container, type Rule, remove } from './rule.ts';

const wave = (metadata: { annotations?: Readonly<Record<string, string>> } | undefined) =>
  Number(metadata?.annotations?.['argocd.argoproj.io/sync-wave'] ?? 0);
const jobs = (objects: Objects) => all(objects, 'Job');

/** Schemas are brought up to date before those who need them, each by a Job of its own. */
export const migrationRules: readonly Rule[] = [
  {
    name: 'owners-are-migrated',
    why: 'a service with tables waits for its schema; one without has none to wait for',
    check(objects) {
      const wanted = owners.map((name) => `${name}-migrate`);
      const found = jobs(objects).map(({ metadata }) => metadata.name);
      return [
        ...wanted.filter((name) => !found.includes(name)),
        ...found.filter((name) => !wanted.includes(name)),
      ];
    },
    breakIt: (objects) => remove(objects, 'Job/session-migrate'),
  },
  {
    name: 'a-migration-is-of-its-service',
    why: 'the schema of a release is made by the image of that release, with a login that may',
    check: (objects) =>
      wrongPods(
        pods(objects).filter(({ kind }) => kind === 'Job'),
        (pod) => {
          const { args, image, envFrom = [] } = pod.main;
          const server = servers(objects).find(({ name }) => name === `${serviceOf(pod)}-server`);
          return (
            args?.join() === 'src/migrate.ts' &&
            image === server?.main.image &&
            envFrom.some(({ secretRef }) => secretRef?.name === `${serviceOf(pod)}-migration`)
          );
        },
      ),
    breakIt: (objects) => change(objects, 'Job/share-migrate', `${container}.args`, ['src/main.ts']),
  },
  {
    name: 'a-migration-comes-before-its-service',
    why: 'pods of a release wait for its schema, so the Job must not wait for them',
    check: (objects) =>
      wrongObjects(jobs(objects), ({ metadata }) => {
        const server = find(objects, 'Deployment', metadata.name.replace('migrate', 'server'));
        return wave(metadata) < wave(server?.metadata);
      }),
    breakIt: (objects) =>
      change(objects, 'Job/share-migrate', 'metadata.annotations.argocd\\.argoproj\\.io/sync-wave', '1'),
  },
  {
    name: 'what-a-migration-needs-comes-before-it',
    why: 'a Job without its account, its Secret, its way to the database or the database itself hangs',
    check(objects) {
      const first = Math.min(...jobs(objects).map(({ metadata }) => wave(metadata)));
      const needed = objects.filter(({ kind }) =>
        /^(Namespace|ServiceAccount|NetworkPolicy|PriorityClass|ExternalSecret|Certificate|Issuer|Cluster|StatefulSet)$/.test(
          kind,
        ),
      );
      const late = needed.filter(({ metadata }) => wave(metadata) >= first);
      return late.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
    },
    breakIt: (objects) => change(objects, 'ServiceAccount/share-migrate', 'metadata.annotations'),
  },
  {
    name: 'a-migration-can-be-replaced',
    why: 'a Job cannot be changed: the next release has to be able to bring its own',
    check: (objects) =>
      wrongObjects(jobs(objects), ({ metadata: { annotations = {} }, spec }) => {
        const deletes = annotations['argocd.argoproj.io/hook-delete-policy'] === 'BeforeHookCreation';
        const isMadeAnew = annotations['kustomize.toolkit.fluxcd.io/force'] === 'Enabled';
        return deletes && isMadeAnew && spec?.ttlSecondsAfterFinished !== undefined;
      }),
    breakIt: (objects) => change(objects, 'Job/share-migrate', 'spec.ttlSecondsAfterFinished'),
  },
  {
    name: 'a-finished-migration-waits-for-the-others',
    why: 'kubectl waits for all of them, and takes one that has left for one that never finished',
    check(objects) {
      const longest = Math.max(0, ...jobs(objects).map(({ spec }) => spec?.activeDeadlineSeconds ?? 0));
      return wrongObjects(
        jobs(objects),
        ({ spec }) => (spec?.ttlSecondsAfterFinished ?? Number.POSITIVE_INFINITY) >= 2 * longest,
      );
    },
    breakIt: (objects) => change(objects, 'Job/share-migrate', 'spec.ttlSecondsAfterFinished', 300),
  },
  {
    name: 'a-migration-ends',
    why: 'one that hangs holds a release without saying why',
    check: (objects) =>
      wrongObjects(
        jobs(objects),
        ({ spec }) => (spec?.activeDeadlineSeconds ?? 0) > 0 && (spec?.backoffLimit ?? 0) > 0,
      ),
    breakIt: (objects) => change(objects, 'Job/share-migrate', 'spec.activeDeadlineSeconds'),
  },
];
