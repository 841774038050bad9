import { createRouter } from '../../routes.ts';
import { callees, durations } from './facts.ts';
import { all, find, pods, selects, servers, settingsOf, wrongObjects } from './objects.ts';
import { append, change, type Rule, remove } from './rule.ts';

/** Calls and requests lead to who answers them, and to nothing else. */
export const wayRules: readonly Rule[] = [
  {
    name: 'calls-lead-somewhere',
    why: 'a name in a setting that no Service has fails at the first call, and not before',
    check: (objects) =>
      servers(objects).flatMap((pod) =>
        Object.entries(settingsOf(objects, pod))
          .filter(([name]) => name.endsWith('_GRPC'))
          .flatMap(([name, addresses]) => addresses.split(',').map((address) => ({ name, address })))
          .flatMap(({ name, address }) => {
            const [, host = '', port = ''] = /^([^:]+):(\d+)(?:\*\d+)?$/.exec(address) ?? [];
            const ports = find(objects, 'Service', host)?.spec?.ports ?? [];
            return ports.some((each) => String(each.port) === port)
              ? []
              : [`${pod.owner}: ${name}=${address}`];
          }),
      ),
    breakIt: (objects) => change(objects, 'ConfigMap/capture-config', 'data.SHARE_GRPC', 'share-grpc:9091'),
  },
  {
    name: 'calls-are-shared-out-over-replicas',
    why: 'callers keep connections open: an address of its own would tie each caller to one replica',
    check: (objects) =>
      wrongObjects(
        all(objects, 'Service').filter(({ metadata }) => metadata.name.endsWith('-grpc')),
        ({ spec }) => spec?.clusterIP === 'None',
      ),
    breakIt: (objects) => change(objects, 'Service/share-grpc', 'spec.clusterIP'),
  },
  {
    name: 'who-answers-calls-has-a-name',
    why: 'and whoever answers none has none',
    check(objects) {
      const found = all(objects, 'Service').map(({ metadata }) => metadata.name);
      return callees.map((name) => `${name}-grpc`).filter((name) => !found.includes(name));
    },
    breakIt(objects) {
      // Renamed together with whoever calls it, so that only its own name is missing.
      change(objects, 'Service/share-grpc', 'metadata.name', 'shares');
      change(objects, 'ConfigMap/capture-config', 'data.SHARE_GRPC', 'shares:9090');
      append(objects, 'Certificate/share-tls', 'spec.dnsNames', 'shares');
    },
  },
  {
    name: 'services-lead-to-one-workload',
    why: 'a selector that is too wide sends gRPC to a migration, one that is too narrow to nobody',
    check: (objects) =>
      wrongObjects(all(objects, 'Service'), ({ spec }) => {
        const { selector = {}, ports = [] } = spec ?? {};
        const chosen = pods(objects).filter(({ labels }) => selects({ matchLabels: selector }, labels));
        const named = new Set(chosen.flatMap(({ main }) => (main.ports ?? []).map(({ name }) => name)));
        return chosen.length === 1 && ports.every(({ targetPort }) => named.has(String(targetPort)));
      }),
    breakIt: (objects) =>
      change(objects, 'Service/session-server', 'spec.selector.app\\.kubernetes\\.io/component'),
  },
  {
    name: 'links-begin-alike-and-with-https',
    why: 'browsers give a camera to https only, and a link of share is opened where session answers',
    scope: 'production',
    check(objects) {
      const begin = servers(objects).flatMap((pod) => settingsOf(objects, pod).PUBLIC_BASE_URL ?? []);
      const hosts = all(objects, 'Gateway').flatMap(
        ({ spec }) => spec?.listeners.map(({ hostname }) => `https://${hostname}`) ?? [],
      );
      return new Set(begin).size === 1 && begin.every((each) => hosts.includes(each)) ? [] : begin;
    },
    breakIt: (objects) =>
      change(objects, 'ConfigMap/share-config', 'data.PUBLIC_BASE_URL', 'http://selfsame.example.com'),
  },
  {
    name: 'routes-lead-to-services',
    why: 'a route to a port that is not there is a 503 for its users',
    check: (objects) =>
      wrongObjects(all(objects, 'HTTPRoute'), ({ spec }) =>
        (spec?.rules ?? [])
          .flatMap(({ backendRefs = [] }) => backendRefs)
          .every(({ name, port }) =>
            find(objects, 'Service', name)?.spec?.ports?.some((each) => each.port === port),
          ),
      ),
    breakIt: (objects) => change(objects, 'HTTPRoute/share', 'spec.rules.0.backendRefs.0.port', 80),
  },
  {
    name: 'routes-are-answered-with-https-alone',
    why: 'API keys and tokens are in every request',
    check: (objects) =>
      wrongObjects(all(objects, 'HTTPRoute'), ({ spec }) => {
        const redirects = spec?.rules?.every(({ backendRefs }) => backendRefs === undefined);
        return (
          Boolean(redirects) || (spec?.parentRefs ?? []).every(({ sectionName }) => sectionName === 'https')
        );
      }),
    breakIt: (objects) => change(objects, 'HTTPRoute/share', 'spec.parentRefs.0.sectionName'),
  },
  {
    name: 'the-gateway-ends-tls-and-sends-others-on',
    why: 'whoever types the name gets a page and not an error',
    scope: 'production',
    check(objects) {
      const [gateway] = all(objects, 'Gateway');
      const tls = gateway?.spec?.listeners.find(({ name }) => name === 'https')?.tls;
      const redirect = all(objects, 'HTTPRoute')
        .flatMap(({ spec }) => spec?.rules ?? [])
        .some(({ filters = [] }) => filters.some((each) => each.requestRedirect?.scheme === 'https'));
      return (tls?.certificateRefs ?? []).length > 0 && redirect ? [] : ['the gateway'];
    },
    breakIt: (objects) => remove(objects, 'HTTPRoute/to-https'),
  },
  {
    name: 'routes-wait-for-the-longest-request',
    why: 'a gateway that gives up earlier fails an upload that is judged in time; one that never does holds dead clients',
    check: (objects) =>
      wrongObjects(all(objects, 'HTTPRoute'), ({ spec }) =>
        (spec?.rules ?? []).every(({ timeouts, matches = [], backendRefs }) => {
          if (backendRefs === undefined) return true;
          const isLive = matches.every(({ path }) => path?.value?.endsWith('/live'));
          const seconds = Number(timeouts?.request?.replace('s', ''));
          const longest = (durations.arrivalMs + durations.judgementMs) / 1_000;
          return isLive ? seconds === 0 : seconds >= longest && seconds <= 2 * longest;
        }),
      ),
    breakIt: (objects) => change(objects, 'HTTPRoute/share', 'spec.rules.0.timeouts.request', '10s'),
  },
  {
    name: 'nothing-internal-is-routed',
    why: 'metrics tell how many sessions of which workflow there are, and probes who is down',
    check(objects) {
      const route = createRouter(
        all(objects, 'HTTPRoute')
          .filter(({ metadata }) => metadata.name !== 'to-https')
          .flatMap(({ metadata, spec }) =>
            (spec?.rules ?? []).flatMap(({ matches = [] }) =>
              matches.map(({ path: { type = 'PathPrefix', value = '/' } = {} }) => {
                const service = metadata.name;
                if (type === 'Exact') return { exact: value, service };
                return type === 'PathPrefix' ? { prefix: value, service } : { pattern: value, service };
              }),
            ),
          ),
      );
      return ['/metrics', '/healthz', '/readyz', '/startupz', '/__states'].filter(
        (path) => route(path) !== undefined,
      );
    },
    breakIt: (objects) =>
      append(objects, 'HTTPRoute/session', 'spec.rules.0.matches', {
        path: { type: 'Exact', value: '/metrics' },
      }),
  },
];
