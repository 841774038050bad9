import { readStopTimeoutMs } from '@selfsame/runtime/config';
import { durations } from './facts.ts';
import {
  all,
  find,
  type Pod,
  pods,
  selects,
  servers,
  settingsOf,
  wrongObjects,
  wrongPods,
} from './objects.ts';
import { change, container, podSpec, type Rule, remove } from './rule.ts';

const isOnGpu = ({ main }: Pod) => main.resources?.limits?.['nvidia.com/gpu'] !== undefined;
const asks = (path: string, probe: 'startupProbe' | 'readinessProbe' | 'livenessProbe') => (pod: Pod) =>
  pod.main[probe]?.httpGet?.path === path && pod.main[probe]?.httpGet?.port === 'http';
const sleepMs = ({ main }: Pod) => (main.lifecycle?.preStop?.sleep?.seconds ?? 0) * 1_000;
const spread = ({ spec }: Pod, topologyKey: string) =>
  spec.topologySpreadConstraints?.find((each) => each.topologyKey === topologyKey);

/** Nobody notices that a replica comes, goes or breaks. */
export const availabilityRules: readonly Rule[] = [
  {
    name: 'startup-asks-whether-all-is-open',
    why: 'a probe that also asks for readiness would end a process that starts to drain',
    check: (objects) => wrongPods(servers(objects), asks('/startupz', 'startupProbe')),
    breakIt: (objects) =>
      change(objects, 'Deployment/share-server', `${container}.startupProbe.httpGet.path`, '/readyz'),
  },
  {
    name: 'readiness-asks-whether-it-takes-traffic',
    why: 'a replica that is draining, or has lost its database, gets no more requests',
    check: (objects) => wrongPods(servers(objects), asks('/readyz', 'readinessProbe')),
    breakIt: (objects) => change(objects, 'Deployment/share-server', `${container}.readinessProbe`),
  },
  {
    name: 'liveness-asks-for-the-process-alone',
    why: 'a lost neighbour never restarts a pod: restarting would not bring it back, and all would restart at once',
    check: (objects) => wrongPods(servers(objects), asks('/healthz', 'livenessProbe')),
    breakIt: (objects) =>
      change(objects, 'Deployment/share-server', `${container}.livenessProbe.httpGet.path`, '/readyz'),
  },
  {
    name: 'a-start-has-time',
    why: 'a process that waits for its schema or reads an index must not be killed for it',
    check: (objects) =>
      wrongPods(
        servers(objects),
        ({ main: { startupProbe } }) =>
          startupProbe === undefined ||
          (startupProbe.periodSeconds ?? 10) * (startupProbe.failureThreshold ?? 3) >= 60,
      ),
    breakIt: (objects) =>
      change(objects, 'Deployment/session-server', `${container}.startupProbe.failureThreshold`, 5),
  },
  {
    name: 'liveness-is-patient',
    why: 'a process is taken out of traffic long before it is killed; a pause of half a minute is no death',
    check: (objects) =>
      wrongPods(
        servers(objects),
        ({ main: { livenessProbe } }) =>
          livenessProbe === undefined ||
          (livenessProbe.periodSeconds ?? 10) * (livenessProbe.failureThreshold ?? 3) >= 30,
      ),
    breakIt: (objects) =>
      change(objects, 'Deployment/session-server', `${container}.livenessProbe.failureThreshold`, 1),
  },
  {
    name: 'serves-until-everybody-knows',
    why: 'a replica that closes at once refuses what gateways still send it, and cuts what it is judging',
    check: (objects) =>
      wrongPods(servers(objects), (pod) => sleepMs(pod) >= durations.hearingMs + durations.judgementMs),
    breakIt: (objects) =>
      change(objects, 'Deployment/capture-server', `${container}.lifecycle.preStop.sleep.seconds`, 5),
  },
  {
    name: 'drains-without-a-shell',
    why: 'images have neither a shell nor `sleep`: a hook that needs them fails, and the replica ends at once',
    check: (objects) =>
      wrongPods(servers(objects), ({ main: { lifecycle } }) => lifecycle?.preStop?.exec === undefined),
    breakIt: (objects) =>
      change(objects, 'Deployment/capture-server', `${container}.lifecycle.preStop.exec`, {
        command: ['sleep', '20'],
      }),
  },
  {
    name: 'a-process-closes-no-sooner-than-its-longest-request-ends',
    why: 'a process that gives up before cuts uploads, however long Kubernetes would have let it',
    check: (objects) =>
      wrongPods(
        servers(objects),
        (pod) =>
          readStopTimeoutMs(settingsOf(objects, pod)) >=
          durations.arrivalMs + durations.judgementMs + durations.closingMs,
      ),
    breakIt: (objects) => change(objects, 'ConfigMap/selfsame', 'data.STOP_TIMEOUT_MS'),
  },
  {
    name: 'grace-outlasts-the-closing',
    why: 'what is killed in the middle of a request fails its user',
    check: (objects) =>
      wrongPods(servers(objects), (pod) => {
        const graceMs = (pod.spec.terminationGracePeriodSeconds ?? 30) * 1_000;
        return graceMs >= sleepMs(pod) + readStopTimeoutMs(settingsOf(objects, pod));
      }),
    breakIt: (objects) =>
      change(objects, 'Deployment/session-server', `${podSpec}.terminationGracePeriodSeconds`, 30),
  },
  {
    name: 'no-replica-is-missing-in-a-rollout',
    why: 'an old replica goes when a new one serves',
    check: (objects) =>
      wrongObjects(
        all(objects, 'Deployment').filter(({ metadata }) => !gpuNames(objects).has(metadata.name)),
        ({ spec }) => spec?.strategy?.rollingUpdate?.maxUnavailable === 0,
      ),
    breakIt: (objects) =>
      change(objects, 'Deployment/share-server', 'spec.strategy.rollingUpdate.maxUnavailable', 1),
  },
  {
    name: 'no-gpu-is-asked-for-in-a-rollout',
    why: 'a replica more than there are GPUs waits for ever; the CPU twin takes the calls meanwhile',
    check: (objects) =>
      wrongObjects(
        all(objects, 'Deployment').filter(({ metadata }) => gpuNames(objects).has(metadata.name)),
        ({ spec }) => spec?.strategy?.rollingUpdate?.maxSurge === 0,
      ),
    breakIt: (objects) =>
      change(objects, 'Deployment/biometrics-gpu-server', 'spec.strategy.rollingUpdate.maxSurge', 1),
  },
  {
    name: 'a-new-replica-is-known-before-an-old-one-goes',
    why: 'callers look names up once a second, gateways when they are told',
    check: (objects) =>
      wrongObjects(
        all(objects, 'Deployment'),
        ({ spec }) => (spec?.minReadySeconds ?? 0) * 1_000 >= durations.hearingMs,
      ),
    breakIt: (objects) => change(objects, 'Deployment/share-server', 'spec.minReadySeconds'),
  },
  {
    name: 'a-rollout-that-fails-says-so',
    why: 'pods that wait for a schema that never comes would be waited for without an end',
    check: (objects) =>
      wrongPods(servers(objects), (pod) => {
        const { startupProbe: { periodSeconds = 10, failureThreshold = 3 } = {} } = pod.main;
        const deadline = find(objects, 'Deployment', pod.name)?.spec?.progressDeadlineSeconds ?? 600;
        return deadline > periodSeconds * failureThreshold;
      }),
    breakIt: (objects) =>
      change(objects, 'Deployment/biometrics-server', 'spec.progressDeadlineSeconds', 120),
  },
  {
    name: 'a-drained-node-leaves-a-replica',
    why: 'nodes are drained several at a time; without a budget all replicas may go together',
    scope: 'production',
    check: (objects) =>
      wrongPods(
        pods(objects).filter(({ kind }) => kind !== 'Job'),
        ({ labels }) =>
          all(objects, 'PodDisruptionBudget').some(({ spec }) => selects(spec?.selector, labels)),
      ),
    breakIt: (objects) => remove(objects, 'PodDisruptionBudget/session-server'),
  },
  {
    name: 'a-budget-is-of-one-workload',
    why: 'a budget over two workloads lets one of them go as a whole',
    check: (objects) =>
      wrongObjects(
        all(objects, 'PodDisruptionBudget'),
        ({ spec }) =>
          pods(objects).filter(({ kind, labels }) => kind !== 'Job' && selects(spec?.selector, labels))
            .length === 1,
      ),
    breakIt: (objects) =>
      change(
        objects,
        'PodDisruptionBudget/session-server',
        'spec.selector.matchLabels.app\\.kubernetes\\.io/name',
      ),
  },
  {
    name: 'a-budget-lets-nodes-be-drained',
    why: 'a budget that spares nobody holds every node for ever, a pod that is broken anyway too',
    check: (objects) =>
      wrongObjects(
        all(objects, 'PodDisruptionBudget'),
        ({ spec }) =>
          spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow' &&
          (spec.maxUnavailable === 1 || spec.minAvailable !== undefined),
      ),
    breakIt: (objects) =>
      change(objects, 'PodDisruptionBudget/share-server', 'spec.unhealthyPodEvictionPolicy'),
  },
  {
    name: 'spreads-over-zones',
    why: 'a zone that goes takes its share of replicas and not all',
    check: (objects) =>
      wrongPods(servers(objects), (pod) => spread(pod, 'topology.kubernetes.io/zone')?.maxSkew === 1),
    breakIt: (objects) =>
      change(objects, 'Deployment/share-server', `${podSpec}.topologySpreadConstraints.0.maxSkew`, 5),
  },
  {
    name: 'spreads-over-nodes',
    why: 'a node that dies takes one replica',
    check: (objects) =>
      wrongPods(servers(objects), (pod) => spread(pod, 'kubernetes.io/hostname')?.maxSkew === 1),
    breakIt: (objects) =>
      change(objects, 'Deployment/share-server', `${podSpec}.topologySpreadConstraints.1`),
  },
  {
    name: 'never-two-on-a-node',
    why: 'a rule that the scheduler may ignore is ignored when it is tight, which is when it matters',
    scope: 'production',
    check: (objects) =>
      wrongPods(
        servers(objects),
        (pod) =>
          (spread(pod, 'kubernetes.io/hostname')?.whenUnsatisfiable ?? 'DoNotSchedule') === 'DoNotSchedule',
      ),
    breakIt: (objects) =>
      change(
        objects,
        'Deployment/share-server',
        `${podSpec}.topologySpreadConstraints.1.whenUnsatisfiable`,
        'ScheduleAnyway',
      ),
  },
  {
    name: 'spreads-each-release-by-itself',
    why: 'old replicas would push new ones together, and what is left after a rollout stands on one node',
    check: (objects) =>
      wrongPods(servers(objects), ({ spec, labels }) =>
        (spec.topologySpreadConstraints ?? []).every(
          ({ matchLabelKeys, labelSelector }) =>
            matchLabelKeys?.includes('pod-template-hash') && selects(labelSelector, labels),
        ),
      ),
    breakIt: (objects) =>
      change(objects, 'Deployment/share-server', `${podSpec}.topologySpreadConstraints.0.matchLabelKeys`, []),
  },
];

const gpuNames = (objects: Parameters<typeof pods>[0]) =>
  new Set(
    pods(objects)
      .filter(isOnGpu)
      .map(({ name }) => name),
  );
