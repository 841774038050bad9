import { ofNamespace } from '../../observability/promql.ts';
import { owners, poolSizes } from './facts.ts';
import {
  all,
  find,
  type Objects,
  type Pod,
  pods,
  quantity,
  selects,
  servers,
  serviceOf,
  settingsOf,
  wrongObjects,
  wrongPods,
} from './objects.ts';
import { change, container, podSpec, type Rule, remove } from './rule.ts';

const nats = (objects: Objects) => find(objects, 'StatefulSet', 'nats');
const natsPod = (objects: Objects) => pods(objects).find(({ owner }) => owner === 'StatefulSet/nats');
const natsConfig = (objects: Objects) =>
  all(objects, 'ConfigMap').find(({ metadata }) => metadata.name.startsWith('nats-config-'))?.data ?? {};
/** A rule about NATS: whether it holds where there is one. */
const holds = (objects: Objects, isRight: boolean) =>
  nats(objects) === undefined || isRight ? [] : ['StatefulSet/nats'];

/** Migrations, an operator and its exporter, somebody with psql, and what Postgres keeps for itself. */
const otherConnections = 30;
/** What a connection takes in a busy hour, besides what all share. */
const connectionBytes = quantity('8Mi');

/** Connections that everything together may open, at its largest and in the middle of a rollout. */
function connectionsAtMost(objects: Objects): number {
  const pools = servers(objects).map((pod) => {
    const deployment = find(objects, 'Deployment', pod.name)?.spec;
    const most = mostReplicas(objects, pod) ?? deployment?.replicas ?? 1;
    // As many come as go, and who goes holds its connections until it has closed.
    const surge = 2 * Number(deployment?.strategy?.rollingUpdate?.maxSurge ?? 1);
    return (most + surge) * (poolSizes[serviceOf(pod)] ?? 0);
  });
  return pools.reduce((sum, each) => sum + each, otherConnections);
}

function mostReplicas(objects: Objects, { name }: Pod): number | undefined {
  const hpa = all(objects, 'HorizontalPodAutoscaler').find(({ spec }) => spec?.scaleTargetRef.name === name);
  const scaled = all(objects, 'ScaledObject').find(({ spec }) => spec?.scaleTargetRef.name === name);
  return hpa?.spec?.maxReplicas ?? scaled?.spec?.maxReplicaCount;
}

/** What must not be lost, and who may read it on its way. */
export const dataRules: readonly Rule[] = [
  {
    name: 'an-event-is-on-a-disk',
    why: 'JetStream acknowledges before it has synced, unless it is told otherwise',
    check: (objects) =>
      holds(objects, /^\s*sync_interval: always$/m.test(natsConfig(objects)['nats.conf'] ?? '')),
    breakIt: (objects) =>
      change(
        objects,
        'ConfigMap/nats-config',
        'data.nats\\.conf',
        (natsConfig(objects)['nats.conf'] ?? '').replace('sync_interval: always', ''),
      ),
  },
  {
    name: 'three-keep-each-event',
    why: 'one server may be lost or updated, and events go on',
    scope: 'production',
    check: (objects) => holds(objects, nats(objects)?.spec?.replicas === 3),
    breakIt(objects) {
      change(objects, 'StatefulSet/nats', 'spec.replicas', 5);
      change(objects, 'ConfigMap/selfsame', 'data.NATS_STREAM_REPLICAS', '5');
    },
  },
  {
    name: 'the-stream-has-as-many-copies-as-servers',
    why: 'services ask for so many copies and are refused where there are fewer servers',
    check: (objects) =>
      wrongPods(
        servers(objects),
        (pod) =>
          nats(objects) === undefined ||
          settingsOf(objects, pod).NATS_STREAM_REPLICAS === String(nats(objects)?.spec?.replicas),
      ),
    breakIt: (objects) => change(objects, 'ConfigMap/selfsame', 'data.NATS_STREAM_REPLICAS', '1'),
  },
  {
    name: 'two-of-three-stay',
    why: 'with less than a majority nothing is stored',
    scope: 'production',
    check: (objects) =>
      wrongObjects(
        all(objects, 'PodDisruptionBudget').filter(({ spec }) =>
          selects(spec?.selector, natsPod(objects)?.labels ?? {}),
        ),
        ({ spec }) => spec?.minAvailable === 2,
      ),
    breakIt: (objects) => change(objects, 'PodDisruptionBudget/nats', 'spec.minAvailable', 1),
  },
  {
    name: 'copies-are-apart',
    why: 'two copies on one node are one copy when it goes',
    check: (objects) =>
      holds(
        objects,
        (
          natsPod(objects)?.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ??
          []
        ).some(({ topologyKey }) => topologyKey === 'kubernetes.io/hostname'),
      ),
    breakIt: (objects) => change(objects, 'StatefulSet/nats', `${podSpec}.affinity`),
  },
  {
    name: 'the-store-outlives-its-pod',
    why: 'a directory of the pod is gone with it',
    check: (objects) =>
      wrongObjects(all(objects, 'StatefulSet'), ({ spec }) =>
        (spec?.volumeClaimTemplates ?? []).some(({ metadata }) => metadata?.name === 'data'),
      ),
    breakIt: (objects) => change(objects, 'StatefulSet/nats', 'spec.volumeClaimTemplates', []),
  },
  {
    name: 'the-store-fits-its-volume',
    why: 'JetStream switches itself off on a full disk; a full stream is only a wait',
    check(objects) {
      const [, store = '0'] = /max_file_store: (\d+GB)/.exec(natsConfig(objects)['nats.conf'] ?? '') ?? [];
      const [claim] = nats(objects)?.spec?.volumeClaimTemplates ?? [];
      const volume = quantity(claim?.spec?.resources?.requests?.storage ?? '1024Gi');
      return holds(objects, quantity(store) > 0 && quantity(store) < 0.8 * volume);
    },
    breakIt: (objects) =>
      change(
        objects,
        'StatefulSet/nats',
        'spec.volumeClaimTemplates.0.spec.resources.requests.storage',
        '4Gi',
      ),
  },
  {
    name: 'what-keeps-data-is-probed',
    why: 'a server that hangs is replaced, and one that still reads its store is waited for',
    check: (objects) =>
      wrongPods(
        pods(objects).filter(({ kind }) => kind === 'StatefulSet'),
        ({ main }) => Boolean(main.startupProbe && main.readinessProbe && main.livenessProbe),
      ),
    breakIt: (objects) => change(objects, 'StatefulSet/nats', `${container}.livenessProbe`),
  },
  {
    name: 'nats-hands-over-before-it-ends',
    why: 'a server that leads consumers tells its clients to go, and is given the time that it takes',
    check(objects) {
      const [, seconds = '0'] =
        /lame_duck_duration: "(\d+)s"/.exec(natsConfig(objects)['nats.conf'] ?? '') ?? [];
      const pod = natsPod(objects);
      const tells = pod?.main.lifecycle?.preStop?.exec?.command?.some((word) => word.startsWith('ldm='));
      return holds(
        objects,
        tells === true && (pod?.spec.terminationGracePeriodSeconds ?? 30) > Number(seconds) + 10,
      );
    },
    breakIt: (objects) => change(objects, 'StatefulSet/nats', `${podSpec}.terminationGracePeriodSeconds`, 30),
  },
  {
    name: 'the-stream-wants-a-password',
    why: 'whoever gets onto the network of the pods would hear every event',
    check: (objects) =>
      holds(
        objects,
        /authorization \{[^}]*password: \$NATS_PASSWORD/.test(natsConfig(objects)['nats.conf'] ?? ''),
      ),
    breakIt: (objects) =>
      change(
        objects,
        'ConfigMap/nats-config',
        'data.nats\\.conf',
        (natsConfig(objects)['nats.conf'] ?? '').replace('authorization {', 'accounts {'),
      ),
  },
  {
    name: 'the-database-has-two-to-spare',
    why: 'Postgres is the truth: one that is lost is replaced within seconds',
    scope: 'production',
    check: (objects) =>
      wrongObjects(
        all(objects, 'Cluster'),
        ({ spec }) => (spec?.instances ?? 1) >= 3 && spec?.postgresql?.synchronous?.number === 1,
      ),
    breakIt: (objects) => change(objects, 'Cluster/postgres', 'spec.instances', 1),
  },
  {
    name: 'there-are-connections-for-everybody',
    why: 'when everything has grown, the next replica finds Postgres full, and so does every transaction above its share',
    scope: 'production',
    check: (objects) =>
      all(objects, 'Cluster').flatMap(({ metadata, spec }) => {
        const allowed = Number(spec?.postgresql?.parameters?.max_connections ?? 100);
        const needed = connectionsAtMost(objects);
        return needed > allowed ? [`${metadata.name}: ${needed} of ${allowed}`] : [];
      }),
    breakIt: (objects) =>
      change(objects, 'Cluster/postgres', 'spec.postgresql.parameters.max_connections', '1000'),
  },
  {
    name: 'there-is-memory-for-every-connection',
    why: 'a Postgres that is killed for its memory takes all connections with it',
    scope: 'production',
    check: (objects) =>
      wrongObjects(all(objects, 'Cluster'), ({ spec }) => {
        const { max_connections: connections = '100', shared_buffers: shared = '128MB' } =
          spec?.postgresql?.parameters ?? {};
        const needed = Number(connections) * connectionBytes + quantity(shared.replace(/B$/, 'i'));
        return needed <= quantity(spec?.resources?.requests?.memory);
      }),
    breakIt: (objects) => change(objects, 'Cluster/postgres', 'spec.resources.requests.memory', '4Gi'),
  },
  {
    name: 'the-database-is-backed-up',
    why: 'copies of a mistake are mistakes: what was there yesterday is kept elsewhere',
    scope: 'production',
    check: (objects) =>
      wrongObjects(
        all(objects, 'Cluster'),
        ({ metadata, spec }) =>
          spec?.backup?.barmanObjectStore !== undefined &&
          all(objects, 'ScheduledBackup').some((each) => each.spec?.cluster.name === metadata.name),
      ),
    breakIt: (objects) => remove(objects, 'ScheduledBackup/postgres-nightly'),
  },
  {
    name: 'a-login-has-one-role',
    why: "no service reads another's tables",
    scope: 'production',
    check: (objects) =>
      all(objects, 'Cluster').flatMap(({ spec }) => {
        const roles = spec?.managed?.roles ?? [];
        return owners.flatMap((service) => {
          const login = service.replaceAll('-', '_');
          const found = roles.find(({ name }) => name === login);
          const isRight = found?.inRoles?.join() === `selfsame_${login}` && !found.superuser;
          return isRight ? [] : [login];
        });
      }),
    breakIt: (objects) =>
      change(objects, 'Cluster/postgres', 'spec.managed.roles.6.inRoles', [
        'selfsame_session',
        'selfsame_share',
      ]),
  },
  {
    name: 'calls-show-a-certificate',
    why: 'the network tells pods apart by labels, which whoever may create pods may write',
    scope: 'production',
    check: (objects) =>
      wrongPods(servers(objects), (pod) => {
        const settings = settingsOf(objects, pod);
        const mount = pod.main.volumeMounts?.find(({ name }) => name === 'tls')?.mountPath ?? 'nowhere';
        const files = [
          'GRPC_TLS_CERT',
          'GRPC_TLS_KEY',
          'GRPC_TLS_CA',
          'NATS_TLS_CERT',
          'NATS_TLS_KEY',
          'NATS_TLS_CA',
        ];
        return files.every((name) => settings[name]?.startsWith(`${mount}/`));
      }),
    breakIt(objects) {
      const { env = [] } = servers(objects).find(({ name }) => name === 'share-server')?.main ?? {};
      const index = env.findIndex(({ name }) => name === 'GRPC_TLS_CA');
      change(objects, 'Deployment/share-server', `${container}.env.${index}`);
    },
  },
  {
    name: 'certificates-name-who-is-called',
    why: 'a caller refuses a server whose certificate does not name the host that it calls',
    scope: 'production',
    check(objects) {
      const named = new Set(all(objects, 'Certificate').flatMap(({ spec }) => spec?.dnsNames ?? []));
      const called = servers(objects).flatMap((pod) =>
        Object.entries(settingsOf(objects, pod)).flatMap(([name, value]) =>
          name.endsWith('_GRPC') ? value.split(',').map((address) => address.split(':')[0] ?? '') : [],
        ),
      );
      return [...new Set([...called, 'nats'])].filter((host) => !named.has(host));
    },
    breakIt: (objects) => change(objects, 'Certificate/session-tls', 'spec.dnsNames', ['session']),
  },
  {
    name: 'certificates-are-of-one-service',
    why: 'a key that two services hold tells nobody who called',
    scope: 'production',
    check: (objects) =>
      wrongPods(
        servers(objects),
        ({ labels, volumes }) =>
          volumes.find(({ name }) => name === 'tls')?.secret?.secretName ===
          `${labels['selfsame/service']}-tls`,
      ),
    breakIt(objects) {
      const { volumes = [] } = servers(objects).find(({ name }) => name === 'share-server') ?? {};
      const index = volumes.findIndex(({ name }) => name === 'tls');
      // Another file of its own, so that no secret is shared.
      change(
        objects,
        'Deployment/share-server',
        `${podSpec}.volumes.${index}.secret.secretName`,
        'share-secrets',
      );
    },
  },
  {
    name: 'certificates-are-renewed-in-time',
    why: 'a month is time to notice that nobody issues any more',
    scope: 'production',
    check: (objects) =>
      wrongObjects(all(objects, 'Certificate'), ({ spec }) => {
        const hours = (text: string | undefined) => Number.parseInt(text ?? '0', 10);
        return hours(spec?.renewBefore) >= 720 && hours(spec?.duration) >= 2 * hours(spec?.renewBefore);
      }),
    breakIt: (objects) => change(objects, 'Certificate/nats-tls', 'spec.renewBefore'),
  },
  {
    name: 'nats-asks-for-a-certificate',
    why: 'passwords and events would go in the clear',
    scope: 'production',
    check: (objects) => holds(objects, /verify: true/.test(natsConfig(objects)['tls.conf'] ?? '')),
    breakIt: (objects) => change(objects, 'ConfigMap/nats-config', 'data.tls\\.conf', '# none'),
  },
  {
    name: 'nats-hears-of-renewed-certificates',
    why: 'it reads its files once; services read theirs at every connection',
    scope: 'production',
    check: (objects) =>
      holds(
        objects,
        natsPod(objects)?.spec.shareProcessNamespace === true &&
          (natsPod(objects)?.containers ?? []).some(({ args = [] }) => args.includes('/tls/tls.crt')),
      ),
    breakIt: (objects) => change(objects, 'StatefulSet/nats', `${podSpec}.shareProcessNamespace`),
  },
  {
    name: 'every-service-is-watched',
    why: 'what Prometheus does not see neither alarms nor scales',
    scope: 'production',
    check: (objects) =>
      wrongPods(servers(objects), ({ labels }) =>
        all(objects, 'PodMonitor').some(
          ({ spec }) =>
            selects(spec?.selector, labels) &&
            spec?.podMetricsEndpoints?.some(({ port, path }) => port === 'http' && path === '/metrics'),
        ),
      ),
    breakIt: (objects) => change(objects, 'PodMonitor/selfsame', 'spec.podMetricsEndpoints.0.path', '/stats'),
  },
  {
    name: 'every-alert-says-what-to-do',
    why: 'whoever is woken reads one page',
    scope: 'production',
    check(objects) {
      const alerts = all(objects, 'PrometheusRule')
        .flatMap(({ spec }) => spec?.groups ?? [])
        .flatMap(({ rules = [] }) => rules);
      if (alerts.length === 0) return ['no alerts'];
      return alerts.flatMap(({ alert, annotations }) =>
        annotations?.runbook_url === undefined ? [alert ?? ''] : [],
      );
    },
    breakIt: (objects) =>
      change(objects, 'PrometheusRule/selfsame', 'spec.groups.0.rules.0.annotations.runbook_url'),
  },
  {
    name: 'alerts-look-at-their-own',
    why: 'a replica of another installation hides that ours are all gone, and its errors wake our people',
    scope: 'production',
    check: (objects) =>
      all(objects, 'PrometheusRule').flatMap(({ metadata: { namespace = '' }, spec }) =>
        (spec?.groups ?? [])
          .flatMap(({ rules = [] }) => rules)
          .filter(({ expr }) => String(expr) !== ofNamespace(String(expr), namespace))
          .map(({ alert = '' }) => alert),
      ),
    breakIt: (objects) =>
      change(
        objects,
        'PrometheusRule/selfsame',
        'spec.groups.5.rules.0.expr',
        'absent(selfsame_build_info{service="session"})',
      ),
  },
];
