import type { ICertificate } from '@kubernetes-models/cert-manager/cert-manager.io/v1';
import type { ICluster, IScheduledBackup } from '@kubernetes-models/cloudnative-pg/postgresql.cnpg.io/v1';
import type { IExternalSecret } from '@kubernetes-models/external-secrets/external-secrets.io/v1';
import type { IGateway, IHTTPRoute } from '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1';
import type { IScaledObject } from '@kubernetes-models/keda/keda.sh/v1alpha1';
import type {
  IPodMonitor,
  IPrometheusRule,
} from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1';
import type { IDeployment, IStatefulSet } from 'kubernetes-models/apps/v1';
import type { IHorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2';
import type { IJob } from 'kubernetes-models/batch/v1';
import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import type { IPodDisruptionBudget } from 'kubernetes-models/policy/v1';
import type { IPriorityClass } from 'kubernetes-models/scheduling.k8s.io/v1';
import type {
  IConfigMap,
  IContainer,
  INamespace,
  IPodSpec,
  IService,
  IServiceAccount,
  IVolume,
} from 'kubernetes-models/v1';

/** One rendered object, of whatever kind. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Named;
}

interface Named {
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** All that an overlay renders. */
export type Objects = readonly KubernetesObject[];

/** The kinds that rules read; of any other they ask for names at most. */
interface Kinds {
  Certificate: ICertificate;
  Cluster: ICluster;
  ConfigMap: IConfigMap;
  Deployment: IDeployment;
  ExternalSecret: IExternalSecret;
  Gateway: IGateway;
  HTTPRoute: IHTTPRoute;
  HorizontalPodAutoscaler: IHorizontalPodAutoscaler;
  Job: IJob;
  Namespace: INamespace;
  NetworkPolicy: INetworkPolicy;
  PodDisruptionBudget: IPodDisruptionBudget;
  PodMonitor: IPodMonitor;
  PriorityClass: IPriorityClass;
  PrometheusRule: IPrometheusRule;
  ScaledObject: IScaledObject;
  ScheduledBackup: IScheduledBackup;
  Service: IService;
  ServiceAccount: IServiceAccount;
  StatefulSet: IStatefulSet;
}
type Found<Kind extends keyof Kinds> = Omit<Kinds[Kind], 'metadata'> & { readonly metadata: Named };

/** The objects of one kind. */
export function all<Kind extends keyof Kinds>(objects: Objects, kind: Kind): Found<Kind>[] {
  return objects.filter((each) => each.kind === kind) as unknown as Found<Kind>[];
}

/** The object of that kind and name. */
export function find<Kind extends keyof Kinds>(
  objects: Objects,
  kind: Kind,
  name: string,
): Found<Kind> | undefined {
  return all(objects, kind).find(({ metadata }) => metadata.name === name);
}

/** What the rules call a pod: the template of whatever makes pods. */
export interface Pod {
  /** `Deployment/session-server` */
  readonly owner: string;
  readonly kind: 'Deployment' | 'StatefulSet' | 'Job';
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: IPodSpec;
  /** All of them, those that come first included. */
  readonly containers: readonly IContainer[];
  /** What the pod is for. */
  readonly main: IContainer;
  readonly volumes: readonly IVolume[];
}

/** Every pod that an overlay brings. */
export function pods(objects: Objects): Pod[] {
  return (['Deployment', 'StatefulSet', 'Job'] as const).flatMap((kind) =>
    all(objects, kind).flatMap((owner) => {
      const spec = owner.spec?.template?.spec;
      const [main] = spec?.containers ?? [];
      if (spec === undefined || main === undefined) return [];
      return {
        owner: `${kind}/${owner.metadata.name}`,
        kind,
        name: owner.metadata.name,
        labels: owner.spec?.template?.metadata?.labels ?? {},
        spec,
        containers: [...(spec.initContainers ?? []), ...spec.containers],
        main,
        volumes: spec.volumes ?? [],
      };
    }),
  );
}

/** The pods of the services: those that answer. */
export function servers(objects: Objects): Pod[] {
  return pods(objects).filter(({ labels }) => labels['app.kubernetes.io/component'] === 'server');
}

/** Which service a pod is of, whatever pool it runs in. */
export const serviceOf = ({ labels }: Pod): string => labels['selfsame/service'] ?? '';

/** The settings that a pod's main container gets from ConfigMaps and its own lines; later ones win. */
export function settingsOf(objects: Objects, pod: Pod): Record<string, string> {
  const maps = (pod.main.envFrom ?? []).map(
    ({ configMapRef }) => find(objects, 'ConfigMap', configMapRef?.name ?? '')?.data ?? {},
  );
  const own = (pod.main.env ?? []).map(({ name, value }) => [name, value ?? '']);
  return Object.assign({}, ...maps, Object.fromEntries(own));
}

/** The Secrets that a pod cannot start without. */
export function secretsOf(pod: Pod): string[] {
  const named = pod.containers.flatMap(({ env = [], envFrom = [] }) => [
    ...envFrom.map(({ secretRef }) => secretRef?.name),
    ...env.map(({ valueFrom }) => valueFrom?.secretKeyRef?.name),
  ]);
  const mounted = pod.volumes.map(({ secret }) => secret?.secretName);
  return [...new Set([...named, ...mounted].flatMap((name) => name ?? []))];
}

interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

/** Whether a selector means something with those labels. Knows `In` alone, which is all that is used here. */
export function selects(
  selector: LabelSelector | undefined,
  labels: Readonly<Record<string, string>>,
): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector ?? {};
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(
      ({ key, operator, values }) => operator === 'In' && values?.includes(labels[key] ?? ''),
    )
  );
}

/** What a rule finds wrong with some things: their names. */
export function wrong<Thing>(
  things: readonly Thing[],
  isRight: (thing: Thing) => boolean,
  nameOf: (thing: Thing) => string,
): string[] {
  return things.filter((thing) => !isRight(thing)).map(nameOf);
}

/** `wrong`, of pods. */
export const wrongPods = (list: readonly Pod[], isRight: (pod: Pod) => boolean): string[] =>
  wrong(list, isRight, ({ owner }) => owner);

/** `wrong`, of the containers of pods. */
export const wrongContainers = (
  list: readonly Pod[],
  isRight: (container: IContainer, pod: Pod) => boolean,
): string[] =>
  list.flatMap((pod) =>
    wrong(
      pod.containers,
      (container) => isRight(container, pod),
      ({ name }) => `${pod.owner}/${name}`,
    ),
  );

/** `wrong`, of objects. */
export const wrongObjects = <Thing extends { readonly metadata: Named }>(
  things: readonly Thing[],
  isRight: (thing: Thing) => boolean,
): string[] => wrong(things, isRight, ({ metadata }) => metadata.name);

/** Bytes of `64Mi`, cores of `100m`, plain numbers. */
export function quantity(text: string | number | undefined): number {
  const [, digits = '', unit = ''] = /^([0-9.]+)([a-zA-Z]*)$/.exec(String(text ?? '')) ?? [];
  const factors: Record<string, number> = { '': 1, m: 1e-3, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, GB: 1e9 };
  const factor = factors[unit];
  if (digits === '' || factor === undefined) throw new Error(`"${text}" is no quantity`);
  return Number(digits) * factor;
}
