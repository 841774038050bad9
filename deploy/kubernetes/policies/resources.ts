import { maxSamplesOfMetric } from '@selfsame/runtime/metrics';
import { all, pods, quantity, wrongContainers, wrongObjects, wrongPods } from './objects.ts';
import { change, podSpec, type Rule } from './rule.ts';

const resources = `${podSpec}.containers.0.resources`;

/** Samples that a process tells on an ordinary day, several times over. */
const ordinarySamples = 5_000;

/** What a pod may take, and who stays when there is not enough. */
export const resourceRules: readonly Rule[] = [
  {
    name: 'a-scrape-takes-in-what-bounds-allow',
    why: 'beyond its limit a scrape is lost as a whole: one metric with too many labels would take all others with it',
    check: (objects) =>
      wrongObjects(
        all(objects, 'PodMonitor'),
        ({ spec }) => (spec?.sampleLimit ?? Infinity) >= ordinarySamples + 3 * maxSamplesOfMetric,
      ),
    breakIt: (objects) => change(objects, 'PodMonitor/selfsame', 'spec.sampleLimit', 20_000),
  },
  {
    name: 'asks-for-cpu',
    why: 'without a request the scheduler takes a pod for free, and the busy node starves it',
    check: (objects) =>
      wrongContainers(pods(objects), ({ resources: { requests } = {} }) => requests?.cpu !== undefined),
    breakIt: (objects) => change(objects, 'Deployment/share-server', `${resources}.requests.cpu`),
  },
  {
    name: 'asks-for-memory',
    why: 'a node that promised more than it has kills somebody',
    check: (objects) =>
      wrongContainers(pods(objects), ({ resources: { requests } = {} }) => requests?.memory !== undefined),
    breakIt: (objects) => change(objects, 'Deployment/share-server', `${resources}.requests.memory`),
  },
  {
    name: 'memory-is-limited',
    why: 'a leak ends its own process and not its neighbours',
    check: (objects) =>
      wrongContainers(pods(objects), ({ resources: { limits } = {} }) => limits?.memory !== undefined),
    breakIt: (objects) => change(objects, 'Job/session-migrate', `${resources}.limits.memory`),
  },
  {
    name: 'memory-asked-for-is-within-its-limit',
    why: 'the cluster would refuse the pod',
    check: (objects) =>
      wrongContainers(
        pods(objects),
        ({ resources: { requests, limits } = {} }) =>
          quantity(requests?.memory ?? 0) <= quantity(limits?.memory ?? '1024Gi'),
      ),
    breakIt: (objects) => change(objects, 'StatefulSet/nats', `${resources}.requests.memory`, '2Gi'),
  },
  {
    name: 'cpu-is-not-limited',
    why: 'what is throttled in the middle of a request is late, and nobody else gains',
    check: (objects) =>
      wrongContainers(pods(objects), ({ resources: { limits } = {} }) => limits?.cpu === undefined),
    breakIt: (objects) => change(objects, 'Deployment/session-server', `${resources}.limits.cpu`, '1'),
  },
  {
    name: 'ephemeral-storage-is-bounded',
    why: "logs and scratch files that fill the node's disk evict everybody",
    check: (objects) =>
      wrongContainers(
        pods(objects),
        ({ resources: { requests, limits } = {} }) =>
          requests?.['ephemeral-storage'] !== undefined && limits?.['ephemeral-storage'] !== undefined,
      ),
    breakIt: (objects) =>
      change(objects, 'Deployment/share-server', `${resources}.requests.ephemeral-storage`),
  },
  {
    name: 'scratch-is-bounded',
    why: 'a directory without a bound is as large as the disk of the node',
    check: (objects) =>
      wrongPods(pods(objects), ({ volumes }) =>
        volumes.every(({ emptyDir }) => emptyDir === undefined || emptyDir.sizeLimit !== undefined),
      ),
    breakIt: (objects) =>
      change(objects, 'Deployment/share-server', `${podSpec}.volumes.0.emptyDir.sizeLimit`),
  },
  {
    name: 'scratch-fits-into-the-limit',
    why: 'a pod that fills what it was given would be evicted',
    check: (objects) =>
      wrongPods(pods(objects), ({ volumes, main }) => {
        const sizes = volumes.map(({ emptyDir }) => quantity(emptyDir?.sizeLimit ?? 0));
        const limit = main.resources?.limits?.['ephemeral-storage'] ?? '1024Gi';
        return sizes.reduce((sum, size) => sum + size, 0) <= quantity(limit);
      }),
    breakIt: (objects) =>
      change(objects, 'Deployment/capture-server', `${podSpec}.volumes.0.emptyDir.sizeLimit`, '4Gi'),
  },
  {
    name: 'has-a-priority',
    why: 'without a class a sign-in goes before a nightly report does',
    check(objects) {
      const classes = new Set(all(objects, 'PriorityClass').map(({ metadata }) => metadata.name));
      return wrongPods(pods(objects), ({ spec }) => classes.has(spec.priorityClassName ?? ''));
    },
    breakIt: (objects) => change(objects, 'Job/share-migrate', `${podSpec}.priorityClassName`),
  },
  {
    name: 'the-stream-goes-last',
    why: 'every service waits for the stream, so it is what must not be pushed out',
    check(objects) {
      const value = (name: string) =>
        all(objects, 'PriorityClass').find(({ metadata }) => metadata.name === name)?.value ?? 0;
      return wrongPods(
        pods(objects).filter(({ kind }) => kind === 'StatefulSet'),
        ({ spec }) => value(spec.priorityClassName ?? '') > value('selfsame-serving'),
      );
    },
    breakIt: (objects) =>
      change(objects, 'StatefulSet/nats', `${podSpec}.priorityClassName`, 'selfsame-serving'),
  },
];
