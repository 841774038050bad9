import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import { designedCalls } from './facts.ts';
import { all, type Objects, type Pod, pods, selects, servers, serviceOf, wrongObjects } from './objects.ts';
import { append, change, type Rule } from './rule.ts';

type Spec = NonNullable<INetworkPolicy['spec']>;
type Ingress = NonNullable<Spec['ingress']>[number];
type Egress = NonNullable<Spec['egress']>[number];
type Peer = NonNullable<Ingress['from']>[number];

const policies = (objects: Objects) => all(objects, 'NetworkPolicy');
/** The rules that apply to a pod. */
const ingressOf = (objects: Objects, pod: Pod): Ingress[] =>
  policies(objects).flatMap(({ spec }) =>
    selects(spec?.podSelector, pod.labels) ? (spec?.ingress ?? []) : [],
  );
const egressOf = (objects: Objects, pod: Pod): Egress[] =>
  policies(objects).flatMap(({ spec }) =>
    selects(spec?.podSelector, pod.labels) ? (spec?.egress ?? []) : [],
  );
const isTo = (port: number | string) => (rule: Ingress | Egress) =>
  (rule.ports ?? []).some((each) => each.port === port);
/** Whether a peer is that pod of this namespace. */
const isPeer = (pod: Pod) => (peer: Peer) =>
  peer.namespaceSelector === undefined &&
  peer.podSelector !== undefined &&
  selects(peer.podSelector, pod.labels);
const portNumber = (pod: Pod, name: string) =>
  (pod.main.ports ?? []).find((port) => port.name === name)?.containerPort ?? 0;

/** `from>to`, wherever both halves of an edge to a port are there. */
function edges(objects: Objects, port: string): string[] {
  const found = pods(objects).flatMap((to) =>
    ingressOf(objects, to)
      .filter(isTo(port))
      .flatMap((rule) =>
        pods(objects).flatMap((from) => {
          const isLetIn = (rule.from ?? []).some(isPeer(from));
          const isLetOut = egressOf(objects, from)
            .filter(isTo(portNumber(to, port)))
            .some((each) => (each.to ?? []).some(isPeer(to)));
          return isLetIn && isLetOut ? [`${nameOf(from)}>${nameOf(to)}`] : [];
        }),
      ),
  );
  return [...new Set(found)].sort();
}

const nameOf = (pod: Pod) => serviceOf(pod) || pod.name;
/** What is missing and what is too much. */
const differences = (found: readonly string[], wanted: readonly string[]) => [
  ...wanted.filter((each) => !found.includes(each)).map((each) => `missing: ${each}`),
  ...found.filter((each) => !wanted.includes(each)).map((each) => `too much: ${each}`),
];

const peersTo = (objects: Objects, port: string) =>
  policies(objects).flatMap(({ metadata, spec }) =>
    (spec?.ingress ?? []).filter(isTo(port)).map((rule) => ({ metadata, peers: rule.from ?? [] })),
  );
const fromNamespace = (label: string) => (peer: Peer) =>
  peer.ipBlock === undefined && peer.namespaceSelector?.matchLabels?.[label] === 'true';
const privateNetworks = ['10.0.0.0/8', '100.64.0.0/10', '169.254.0.0/16', '172.16.0.0/12', '192.168.0.0/16'];

/** Who may talk to whom. */
export const networkRules: readonly Rule[] = [
  {
    name: 'nobody-talks-unless-named',
    why: 'what is not allowed anywhere is forbidden, in both directions, for pods that come later too',
    check(objects) {
      const closes = policies(objects).some(
        ({ spec }) =>
          JSON.stringify(spec?.podSelector) === '{}' &&
          (['Ingress', 'Egress'] as const).every((type) => spec?.policyTypes?.includes(type)) &&
          !spec?.ingress &&
          !spec?.egress,
      );
      return closes ? [] : ['no default deny'];
    },
    breakIt: (objects) => change(objects, 'NetworkPolicy/default-deny', 'spec.policyTypes', ['Ingress']),
  },
  {
    name: 'policies-say-what-they-are-about',
    why: 'a policy with rules for a direction that it does not name does nothing',
    check: (objects) =>
      wrongObjects(policies(objects), ({ spec }) => {
        const types: readonly string[] = spec?.policyTypes ?? [];
        return (!spec?.ingress || types.includes('Ingress')) && (!spec?.egress || types.includes('Egress'));
      }),
    breakIt: (objects) =>
      change(objects, 'NetworkPolicy/services-to-collector', 'spec.policyTypes', ['Ingress']),
  },
  {
    name: 'calls-are-those-of-the-design',
    why: 'gRPC asks callers for no key: a call that the design does not know is an intruder, or a mistake',
    check: (objects) => differences(edges(objects, 'grpc'), designedCalls.toSorted()),
    breakIt: (objects) =>
      append(
        objects,
        'NetworkPolicy/share-is-called',
        'spec.ingress.0.from.0.podSelector.matchExpressions.0.values',
        'webhook-dispatcher',
      ) ??
      append(
        objects,
        'NetworkPolicy/webhook-dispatcher-calls',
        'spec.egress.0.to.0.podSelector.matchExpressions.0.values',
        'share',
      ),
  },
  {
    name: 'grpc-is-for-servers-of-this-namespace',
    why: 'no namespace and no address is let in where no key is asked for',
    check: (objects) =>
      peersTo(objects, 'grpc').flatMap(({ metadata, peers }) =>
        peers.length > 0 &&
        peers.every(
          ({ namespaceSelector, ipBlock, podSelector }) =>
            namespaceSelector === undefined &&
            ipBlock === undefined &&
            podSelector?.matchLabels?.['app.kubernetes.io/component'] === 'server',
        )
          ? []
          : [metadata.name],
      ),
    breakIt: (objects) =>
      append(objects, 'NetworkPolicy/session-is-called', 'spec.ingress.0.from', {
        ipBlock: { cidr: '10.0.0.0/8' },
      }),
  },
  {
    name: 'names-are-asked-of-the-cluster',
    why: 'a DNS server of their own choice is how intruders carry data out',
    check: (objects) =>
      policies(objects)
        .filter(({ spec }) => (spec?.egress ?? []).some(isTo(53)))
        .flatMap(({ metadata, spec }) =>
          (spec?.egress ?? []).every(({ to = [] }) =>
            to.every(
              ({ podSelector, ipBlock }) =>
                podSelector?.matchLabels?.['k8s-app'] === 'kube-dns' || ipBlock?.cidr === '169.254.20.10/32',
            ),
          )
            ? []
            : [metadata.name],
        ),
    breakIt: (objects) =>
      append(objects, 'NetworkPolicy/dns', 'spec.egress.0.to', { ipBlock: { cidr: '8.8.8.8/32' } }),
  },
  {
    name: 'everybody-may-ask-for-names',
    why: 'a pod that cannot resolve a name reaches nobody',
    check: (objects) =>
      pods(objects).flatMap((pod) => (egressOf(objects, pod).some(isTo(53)) ? [] : [pod.owner])),
    breakIt: (objects) =>
      change(objects, 'NetworkPolicy/dns', 'spec.podSelector', {
        matchLabels: { 'app.kubernetes.io/component': 'server' },
      }),
  },
  {
    name: 'the-stream-is-for-services',
    why: 'whoever reaches NATS and guesses a password hears every event',
    check: (objects) =>
      differences(
        edges(objects, 'client'),
        [...new Set(servers(objects).map((pod) => `${serviceOf(pod)}>nats`))].sort(),
      ),
    breakIt: (objects) =>
      change(objects, 'NetworkPolicy/services-to-nats', 'spec.podSelector.matchLabels', {
        'selfsame/service': 'session',
      }),
  },
  {
    name: 'nats-servers-talk-among-themselves',
    why: 'their port for each other has no password of its own',
    check: (objects) =>
      pods(objects).some(({ name }) => name === 'nats')
        ? differences(edges(objects, 'cluster'), ['nats>nats'])
        : [],
    breakIt: (objects) => change(objects, 'NetworkPolicy/nats', 'spec.egress.0.ports.0.port', 6223),
  },
  {
    name: 'the-database-is-for-owners-and-migrations',
    why: 'capture has no tables, and nothing to say to Postgres',
    check: (objects) =>
      pods(objects)
        .filter(({ labels }) => labels['selfsame/service'] !== undefined)
        .flatMap((pod) => {
          const reaches = egressOf(objects, pod).some(isTo(5432));
          return reaches === (serviceOf(pod) !== 'capture') ? [] : [pod.owner];
        }),
    breakIt: (objects) =>
      append(
        objects,
        'NetworkPolicy/owners-to-postgres',
        'spec.podSelector.matchExpressions.1.values',
        'capture',
      ),
  },
  {
    name: 'http-is-for-the-gateway-and-prometheus',
    why: 'an API key belongs into requests that went through the gateway, where limits and logs are',
    check: (objects) =>
      peersTo(objects, 'http').flatMap(({ metadata, peers }) =>
        peers.length > 0 &&
        peers.every(
          (peer) => fromNamespace('selfsame/gateway')(peer) || fromNamespace('selfsame/prometheus')(peer),
        )
          ? []
          : [metadata.name],
      ),
    breakIt: (objects) =>
      append(objects, 'NetworkPolicy/gateway-to-services', 'spec.ingress.0.from', {
        namespaceSelector: {},
      }),
  },
  {
    name: 'the-gateway-reaches-every-service',
    why: 'every service has public paths',
    check: (objects) =>
      servers(objects).flatMap((pod) =>
        ingressOf(objects, pod)
          .filter(isTo('http'))
          .some(({ from = [] }) => from.some(fromNamespace('selfsame/gateway')))
          ? []
          : [pod.owner],
      ),
    breakIt: (objects) =>
      change(
        objects,
        'NetworkPolicy/gateway-to-services',
        'spec.podSelector.matchLabels.selfsame/service',
        'session',
      ),
  },
  {
    name: 'prometheus-reaches-every-service',
    why: 'what is not measured does not scale and does not alarm',
    check: (objects) =>
      servers(objects).flatMap((pod) =>
        ingressOf(objects, pod)
          .filter(isTo('http'))
          .some(({ from = [] }) => from.some(fromNamespace('selfsame/prometheus')))
          ? []
          : [pod.owner],
      ),
    breakIt: (objects) =>
      change(
        objects,
        'NetworkPolicy/prometheus-to-services',
        'spec.podSelector.matchLabels.selfsame/service',
        'session',
      ),
  },
  {
    name: 'migrations-are-reached-by-nobody',
    why: 'their login may make roles; nothing has to talk to them',
    check: (objects) =>
      pods(objects)
        .filter(({ kind }) => kind === 'Job')
        .flatMap((pod) => (ingressOf(objects, pod).length === 0 ? [] : [pod.owner])),
    breakIt: (objects) =>
      change(objects, 'NetworkPolicy/gateway-to-services', 'spec.podSelector', {
        matchLabels: { 'app.kubernetes.io/part-of': 'selfsame' },
      }),
  },
  {
    name: 'webhooks-reach-the-internet',
    why: 'receivers are there, on ports of their own',
    check: (objects) =>
      servers(objects)
        .filter((pod) => serviceOf(pod) === 'webhook-dispatcher')
        .flatMap((pod) =>
          egressOf(objects, pod).some(({ to = [], ports = [] }) =>
            to.some(
              ({ ipBlock }) =>
                ipBlock?.cidr === '0.0.0.0/0' &&
                ports.some(({ port, endPort }) => port === 1 && endPort === 65_535),
            ),
          )
            ? []
            : [pod.owner],
        ),
    breakIt: (objects) =>
      change(objects, 'NetworkPolicy/webhooks-to-internet', 'spec.egress.0.ports.0.endPort', 443),
  },
  {
    name: 'the-internet-is-not-the-inside',
    why: 'a receiver whose name leads to a private address must not be reached, whoever was fooled',
    check: (objects) =>
      wrongObjects(policies(objects), ({ spec }) =>
        (spec?.egress ?? []).every(({ to = [] }) =>
          to.every(
            ({ ipBlock }) =>
              ipBlock?.cidr !== '0.0.0.0/0' ||
              privateNetworks.every((network) => ipBlock.except?.includes(network)),
          ),
        ),
      ),
    breakIt: (objects) =>
      change(objects, 'NetworkPolicy/webhooks-to-internet', 'spec.egress.0.to.0.ipBlock.except', [
        '10.0.0.0/8',
      ]),
  },
  {
    name: 'the-internet-is-for-those-who-need-it',
    why: 'a process that cannot call out cannot carry anything out',
    check: (objects) => {
      const allowed = ['webhook-dispatcher', 'biometrics'];
      return pods(objects).flatMap((pod) => {
        const goesOut = egressOf(objects, pod).some(({ to = [] }) =>
          to.some(({ ipBlock }) => ipBlock?.cidr.endsWith('/0')),
        );
        return !goesOut || (allowed.includes(serviceOf(pod)) && pod.kind !== 'Job') ? [] : [pod.owner];
      });
    },
    breakIt: (objects) =>
      change(objects, 'NetworkPolicy/biometrics-to-object-store', 'spec.podSelector.matchLabels', {
        'app.kubernetes.io/component': 'server',
      }),
  },
  {
    name: 'no-door-is-open-to-all',
    why: 'a rule without peers lets everybody in; only what an operator runs calls the API server, wherever that is',
    check: (objects) =>
      wrongObjects(policies(objects), ({ spec }) => {
        const isOperated = spec?.podSelector?.matchLabels?.['cnpg.io/cluster'] !== undefined;
        return (
          (spec?.ingress ?? []).every(({ from = [] }) => from.length > 0) &&
          (isOperated || (spec?.egress ?? []).every(({ to = [] }) => to.length > 0))
        );
      }),
    breakIt: (objects) => change(objects, 'NetworkPolicy/services-to-collector', 'spec.egress.0.to', []),
  },
];
