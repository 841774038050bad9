import { ofNamespace } from '../../observability/promql.ts';
import { metricNames } from './facts.ts';
import {
  all,
  find,
  type Objects,
  type Pod,
  pods,
  servers,
  settingsOf,
  wrong,
  wrongObjects,
  wrongPods,
} from './objects.ts';
import { add, append, change, container, get, podSpec, type Rule, remove } from './rule.ts';

const hpas = (objects: Objects) => all(objects, 'HorizontalPodAutoscaler');
const scaledObjects = (objects: Objects) => all(objects, 'ScaledObject');
const triggers = (objects: Objects) =>
  scaledObjects(objects).flatMap(({ metadata, spec }) =>
    (spec?.triggers ?? []).map((trigger) => ({ ...trigger, of: metadata.name })),
  );
/** What is scaled, by what scales it, with the fewest it keeps. */
const scaled = (objects: Objects) => [
  ...hpas(objects).map(({ spec }) => ({
    target: `${spec?.scaleTargetRef.kind}/${spec?.scaleTargetRef.name}`,
    fewest: spec?.minReplicas ?? 1,
    most: spec?.maxReplicas ?? 0,
  })),
  ...scaledObjects(objects).map(({ spec }) => ({
    target: `${spec?.scaleTargetRef.kind ?? 'Deployment'}/${spec?.scaleTargetRef.name}`,
    fewest: spec?.minReplicaCount ?? 0,
    most: spec?.maxReplicaCount ?? 100,
  })),
];
const gpus = ({ main }: Pod) => main.resources?.limits?.['nvidia.com/gpu'];
const gpuPods = (objects: Objects) => servers(objects).filter((pod) => gpus(pod) !== undefined);

/** As many replicas as the work asks for. */
export const scalingRules: readonly Rule[] = [
  {
    name: 'scaled-by-one-thing',
    why: 'two that scale one Deployment undo each other',
    check: (objects) => {
      const targets = scaled(objects).map(({ target }) => target);
      return targets.filter((target, index) => targets.indexOf(target) !== index);
    },
    breakIt(objects) {
      const again = structuredClone(get(objects, 'HorizontalPodAutoscaler/session-server'));
      objects.push({ ...again, metadata: { ...again.metadata, name: 'again' } });
    },
  },
  {
    name: 'what-is-scaled-names-no-replicas',
    why: 'every apply would take it back to that number, in the middle of a busy hour',
    check: (objects) =>
      wrong(
        scaled(objects).map(({ target }) => target),
        (target) => find(objects, 'Deployment', target.split('/')[1] ?? '')?.spec?.replicas === undefined,
        String,
      ),
    breakIt: (objects) => change(objects, 'Deployment/session-server', 'spec.replicas', 2),
  },
  {
    name: 'what-scales-leads-somewhere',
    why: 'a name that is wrong scales nothing, quietly',
    check: (objects) =>
      wrong(
        scaled(objects).map(({ target }) => target),
        (target) => objects.some(({ kind, metadata }) => `${kind}/${metadata.name}` === target),
        String,
      ),
    breakIt(objects) {
      // Beside the right one, so that nothing else is missing.
      const lost = structuredClone(get(objects, 'ScaledObject/webhook-dispatcher-server'));
      add(objects, {
        ...JSON.parse(JSON.stringify(lost)),
        metadata: { name: 'lost', namespace: 'selfsame' },
      });
      change(objects, 'ScaledObject/lost', 'spec.scaleTargetRef.name', 'dispatcher');
    },
  },
  {
    name: 'two-of-everything',
    why: 'with one replica every update and every lost node is an outage',
    scope: 'production',
    check: (objects) =>
      wrongPods(servers(objects), ({ name, owner }) => {
        const by = scaled(objects).find(({ target }) => target === owner);
        return (by?.fewest ?? find(objects, 'Deployment', name)?.spec?.replicas ?? 1) >= 2;
      }),
    breakIt: (objects) => change(objects, 'HorizontalPodAutoscaler/session-server', 'spec.minReplicas', 1),
  },
  {
    name: 'growth-has-an-end',
    why: 'connections to Postgres and money do',
    check: (objects) =>
      wrong(
        scaled(objects),
        ({ fewest, most }) => most > fewest && most <= 32,
        ({ target }) => target,
      ),
    // Of one without a database: too many replicas of the others are too many connections besides.
    breakIt: (objects) => change(objects, 'HorizontalPodAutoscaler/capture-server', 'spec.maxReplicas', 500),
  },
  {
    name: 'who-answers-http-grows',
    why: 'their work is on their own core, and known before anything waits',
    scope: 'production',
    check: (objects) =>
      ['session', 'capture', 'share', 'fraud-signals'].filter(
        (name) => !scaled(objects).some(({ target }) => target === `Deployment/${name}-server`),
      ),
    breakIt(objects) {
      remove(objects, 'HorizontalPodAutoscaler/share-server');
      change(objects, 'Deployment/share-server', 'spec.replicas', 2);
    },
  },
  {
    name: 'a-loop-is-one-core',
    why: 'a process has one event loop: a share of what it asks for says nothing about how full that is',
    check: (objects) =>
      wrongObjects(hpas(objects), ({ spec }) =>
        (spec?.metrics ?? []).every(({ resource }) => {
          const text = String(resource?.target.averageValue ?? '');
          return /^\d+m$/.test(text) && Number.parseInt(text, 10) < 1_000;
        }),
      ),
    breakIt: (objects) =>
      change(objects, 'HorizontalPodAutoscaler/share-server', 'spec.metrics.0.resource.target', {
        type: 'Utilization',
        averageUtilization: 80,
      }),
  },
  {
    name: 'shrinks-slowly',
    why: 'what goes in a short lull is missing after it',
    check(objects) {
      const behaviours = [
        ...hpas(objects).map(({ metadata, spec }) => ({ metadata, behavior: spec?.behavior })),
        ...scaledObjects(objects).map(({ metadata, spec }) => ({
          metadata,
          behavior: spec?.advanced?.horizontalPodAutoscalerConfig?.behavior,
        })),
      ];
      return wrongObjects(
        behaviours,
        ({ behavior }) => (behavior?.scaleDown?.stabilizationWindowSeconds ?? 0) >= 300,
      );
    },
    breakIt: (objects) =>
      change(objects, 'HorizontalPodAutoscaler/session-server', 'spec.behavior.scaleDown'),
  },
  {
    name: 'grows-at-once',
    why: 'a queue does not wait for a window to pass',
    check: (objects) =>
      wrongObjects(hpas(objects), ({ spec }) => spec?.behavior?.scaleUp?.stabilizationWindowSeconds === 0),
    breakIt: (objects) =>
      change(
        objects,
        'HorizontalPodAutoscaler/session-server',
        'spec.behavior.scaleUp.stabilizationWindowSeconds',
        120,
      ),
  },
  {
    name: 'queues-say-how-many',
    why: 'a dispatcher that waits for receivers, and looks that wait for a thread, do not show as work of a core',
    scope: 'production',
    check: (objects) => {
      const asked = triggers(objects).map(({ of, metadata }) => `${of} ${metadata.query}`);
      const wanted = [
        ['webhook-dispatcher-server', 'selfsame_webhook_backlog'],
        ['biometrics-server', 'selfsame_inference_queue_seconds_bucket'],
        ['biometrics-server', 'selfsame_inference_threads'],
      ] as const;
      return wanted.flatMap(([of, metric]) =>
        asked.some((each) => each.startsWith(`${of} `) && each.includes(metric)) ? [] : [`${of}: ${metric}`],
      );
    },
    breakIt: (objects) =>
      change(
        objects,
        'ScaledObject/webhook-dispatcher-server',
        'spec.triggers.0.metadata.query',
        'sum(selfsame_webhook_destinations{namespace="selfsame"})',
      ),
  },
  {
    name: 'queues-are-measured-by-ourselves',
    why: "KEDA's nats-jetstream scaler reads the lag of a follower that is behind, and takes a missing consumer for an endless lag",
    check: (objects) =>
      wrong(
        triggers(objects),
        ({ type }) => type === 'prometheus',
        ({ of }) => of,
      ),
    breakIt: (objects) =>
      append(objects, 'ScaledObject/webhook-dispatcher-server', 'spec.triggers', {
        type: 'nats-jetstream',
        metricType: 'AverageValue',
        metadata: { stream: 'SELFSAME', consumer: 'webhook-dispatcher', ignoreNullValues: 'false' },
      }),
  },
  {
    name: 'what-is-asked-for-is-measured',
    why: 'a query for a metric that nobody makes never scales anything',
    check: (objects) =>
      triggers(objects).flatMap(({ of, metadata }) =>
        [...String(metadata.query ?? '').matchAll(/selfsame_[a-z_]+/g)]
          .map(([name]) => name.replace(/_(bucket|count|sum)$/, ''))
          .filter((name) => !metricNames.has(name))
          .map((name) => `${of}: ${name}`),
      ),
    breakIt(objects) {
      const own = '{namespace="selfsame"}';
      const query = `max(selfsame_webhook_backlog${own}) + max(selfsame_webhook_backlogs${own})`;
      change(objects, 'ScaledObject/webhook-dispatcher-server', 'spec.triggers.0.metadata.query', query);
    },
  },
  {
    name: 'scaled-by-its-own-figures',
    why: 'a Prometheus sees the whole cluster: the backlog of another installation is no work for this one',
    check: (objects) =>
      scaledObjects(objects).flatMap(({ metadata: { name, namespace = '' }, spec }) =>
        (spec?.triggers ?? [])
          .map(({ metadata }) => String(metadata.query ?? ''))
          .filter((query) => query !== ofNamespace(query, namespace))
          .map((query) => `${name}: ${query}`),
      ),
    breakIt: (objects) =>
      change(
        objects,
        'ScaledObject/webhook-dispatcher-server',
        'spec.triggers.0.metadata.query',
        'max(selfsame_webhook_backlog{namespace="staging",state="ready"})',
      ),
  },
  {
    name: 'nothing-measured-is-not-nothing-to-do',
    why: 'with nulls ignored, a Prometheus that lost its targets scales everybody to the minimum',
    check: (objects) =>
      wrong(
        triggers(objects),
        ({ metadata }) => metadata.ignoreNullValues === 'false',
        ({ of }) => of,
      ),
    breakIt: (objects) =>
      change(objects, 'ScaledObject/biometrics-server', 'spec.triggers.0.metadata.ignoreNullValues'),
  },
  {
    name: 'a-lost-prometheus-loses-no-replicas',
    why: 'while nothing is known, an ordinary day is assumed, and nobody is sent home',
    check: (objects) =>
      wrongObjects(
        scaledObjects(objects),
        ({ spec }) =>
          spec?.fallback?.behavior === 'currentReplicasIfHigher' &&
          spec.fallback.replicas >= (spec.minReplicaCount ?? 0) &&
          (spec.triggers ?? []).every(({ metricType }) => metricType === 'AverageValue'),
      ),
    breakIt: (objects) => change(objects, 'ScaledObject/webhook-dispatcher-server', 'spec.fallback'),
  },
  {
    name: 'queues-are-looked-at-often',
    why: 'looks wait for seconds at most before they are refused',
    check: (objects) =>
      wrongObjects(scaledObjects(objects), ({ spec }) => (spec?.pollingInterval ?? 30) <= 15),
    breakIt: (objects) => change(objects, 'ScaledObject/biometrics-server', 'spec.pollingInterval'),
  },
  {
    name: 'a-thread-for-each-core-asked-for',
    why: 'a node may have many more cores than the memory of a pod is for',
    check: (objects) =>
      wrongPods(
        servers(objects).filter(({ name }) => name === 'biometrics-server'),
        ({ main }) =>
          main.env?.find(({ name }) => name === 'BIOMETRICS_WORKERS')?.valueFrom?.resourceFieldRef
            ?.resource === 'requests.cpu',
      ),
    breakIt: (objects) => change(objects, 'Deployment/biometrics-server', `${container}.env.0`),
  },
  {
    name: 'one-gpu-one-replica',
    why: 'two processes on a GPU share its memory and neither knows what a batch costs',
    check: (objects) =>
      wrongPods(
        gpuPods(objects),
        (pod) =>
          String(gpus(pod)) === '1' &&
          String(pod.main.resources?.requests?.['nvidia.com/gpu'] ?? gpus(pod)) === '1',
      ),
    breakIt(objects) {
      for (const side of ['requests', 'limits']) {
        const path = `${container}.resources.${side}.nvidia\\.com/gpu`;
        change(objects, 'Deployment/biometrics-gpu-server', path, '2');
      }
    },
  },
  {
    name: 'gpu-replicas-go-where-gpus-are',
    why: 'such nodes are tainted, and others have no driver',
    check: (objects) =>
      wrongPods(
        gpuPods(objects),
        ({ spec }) =>
          Object.keys(spec.nodeSelector ?? {}).some((key) => key.startsWith('nvidia.com/')) &&
          (spec.tolerations ?? []).some(({ key }) => key === 'nvidia.com/gpu'),
      ),
    breakIt: (objects) => change(objects, 'Deployment/biometrics-gpu-server', `${podSpec}.nodeSelector`),
  },
  {
    name: 'gpus-are-for-those-who-use-them',
    why: 'a pod that tolerates the taint takes the place of one that needs the GPU',
    check: (objects) =>
      wrongPods(
        pods(objects),
        (pod) =>
          gpus(pod) !== undefined ||
          !(pod.spec.tolerations ?? []).some(({ key }) => key === 'nvidia.com/gpu' || key === undefined),
      ),
    breakIt: (objects) =>
      change(objects, 'Deployment/share-server', `${podSpec}.tolerations`, [{ operator: 'Exists' }]),
  },
  {
    name: 'a-gpu-is-used',
    why: 'a service that falls back to the CPU on a GPU node is the dearest CPU there is',
    check: (objects) =>
      wrongPods(gpuPods(objects), (pod) => {
        const { BIOMETRICS_PROVIDER: provider } = settingsOf(objects, pod);
        return provider === 'cuda' && /\/biometrics-gpu[:@]/.test(pod.main.image ?? '');
      }),
    breakIt(objects) {
      const env = gpuPods(objects)[0]?.main.env ?? [];
      const index = env.findIndex(({ name }) => name === 'BIOMETRICS_PROVIDER');
      change(objects, 'Deployment/biometrics-gpu-server', `${container}.env.${index}.value`, 'cpu');
    },
  },
  {
    name: 'a-gpu-has-a-twin',
    why: 'whoever calls shares calls out by weight, and goes on to the twin when a queue is full or the pool is gone',
    check(objects) {
      if (gpuPods(objects).length === 0) return [];
      return wrongPods(
        servers(objects).filter((pod) => settingsOf(objects, pod).BIOMETRICS_GRPC !== undefined),
        (pod) =>
          /^biometrics-gpu-grpc:9090\*[1-9]\d*,biometrics-grpc:9090\*\d+$/.test(
            settingsOf(objects, pod).BIOMETRICS_GRPC ?? '',
          ),
      );
    },
    breakIt: (objects) =>
      change(objects, 'ConfigMap/capture-config', 'data.BIOMETRICS_GRPC', 'biometrics-gpu-grpc:9090'),
  },
];
