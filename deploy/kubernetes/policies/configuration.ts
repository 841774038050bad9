import { ownKeys } from './facts.ts';
import {
  all,
  find,
  type Objects,
  pods,
  secretsOf,
  servers,
  serviceOf,
  settingsOf,
  wrongContainers,
  wrongPods,
} from './objects.ts';
import { add, append, change, container, get, type Rule, remove } from './rule.ts';

/** ConfigMaps that pods read or mount. */
const mapsOf = (objects: Objects) =>
  pods(objects).flatMap(({ containers, volumes }) => [
    ...containers.flatMap(({ envFrom = [] }) =>
      envFrom.flatMap(({ configMapRef }) => configMapRef?.name ?? []),
    ),
    ...volumes.flatMap(({ configMap }) => configMap?.name ?? []),
  ]);
/** Names that look like secrets, and are not. */
const harmless = ['KEY_PROVIDER', 'KEY_FILE', 'KMS_KEY_ID'];

/** Each process is told what it needs, the same everywhere, and secrets where they belong. */
export const configurationRules: readonly Rule[] = [
  {
    name: 'configuration-is-there',
    why: 'a pod that names a ConfigMap that nobody brings never starts',
    check(objects) {
      const rendered = new Set(all(objects, 'ConfigMap').map(({ metadata }) => metadata.name));
      return [...new Set(mapsOf(objects))].filter((name) => !rendered.has(name));
    },
    breakIt: (objects) =>
      append(objects, 'Deployment/share-server', `${container}.envFrom`, {
        configMapRef: { name: 'more-settings-0123456789' },
      }),
  },
  {
    name: 'configuration-rolls-pods',
    why: 'a setting that changes reaches running processes only if their pods are replaced: its name carries a hash',
    check: (objects) => [...new Set(mapsOf(objects))].filter((name) => !/-[a-z0-9]{10}$/.test(name)),
    breakIt(objects) {
      change(objects, 'ConfigMap/share-config', 'metadata.name', 'share-config');
      change(objects, 'Deployment/share-server', `${container}.envFrom.1.configMapRef.name`, 'share-config');
    },
  },
  {
    name: 'no-secret-is-rendered',
    why: 'what is rendered lies in repositories and pipelines',
    check: (objects) => objects.filter(({ kind }) => kind === 'Secret').map(({ metadata }) => metadata.name),
    breakIt: (objects) =>
      add(objects, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'keys' }, stringData: { a: 'b' } }),
  },
  {
    name: 'no-secret-is-in-configuration',
    why: 'ConfigMaps are read by many, and shown in every dashboard',
    check: (objects) =>
      all(objects, 'ConfigMap').flatMap(({ metadata, data = {} }) =>
        Object.entries(data).flatMap(([name, value]) => {
          const isSecret =
            (/KEY|SECRET|PASSWORD|DATABASE_URL/.test(name) && !harmless.includes(name)) ||
            /:\/\/[^/\s]*:[^/\s@]+@/.test(value.replace('selfsame:PASSWORD@', ''));
          return isSecret ? [`${metadata.name}: ${name}`] : [];
        }),
      ),
    breakIt: (objects) =>
      change(objects, 'ConfigMap/selfsame', 'data.SEARCH', 'https://selfsame:word@search:9200'),
  },
  {
    name: 'the-stream-is-named-in-one-place',
    why: 'an address in a ConfigMap and in a Secret is changed in one of them, and the order of lines decides',
    check: (objects) =>
      wrongPods(
        servers(objects),
        (pod) => settingsOf(objects, pod).NATS_URL === undefined && secretsOf(pod).includes('nats-client'),
      ),
    breakIt: (objects) => change(objects, 'ConfigMap/share-config', 'data.NATS_URL', 'nats://nats:4222'),
  },
  {
    name: 'secrets-are-not-shared',
    why: 'whoever breaks one service has the keys of one service; all log in to the stream alike',
    check(objects) {
      const users = new Map<string, Set<string>>();
      for (const pod of pods(objects)) {
        for (const name of secretsOf(pod)) {
          const user = `${serviceOf(pod) || pod.name} ${pod.kind === 'Job' ? 'migration' : 'server'}`;
          users.set(name, new Set([...(users.get(name) ?? []), user]));
        }
      }
      return [...users].flatMap(([name, by]) => (by.size > 1 && name !== 'nats-client' ? [name] : []));
    },
    breakIt: (objects) =>
      append(objects, 'Deployment/capture-server', `${container}.envFrom`, {
        secretRef: { name: 'session-secrets' },
      }),
  },
  {
    name: 'secrets-come-from-somewhere',
    why: 'a pod that names a Secret that nobody brings never starts',
    scope: 'production',
    check(objects) {
      const brought = new Set([
        ...all(objects, 'ExternalSecret').map(({ spec }) => spec?.target?.name),
        ...all(objects, 'Certificate').map(({ spec }) => spec?.secretName),
      ]);
      return [...new Set(pods(objects).flatMap(secretsOf))].filter((name) => !brought.has(name));
    },
    breakIt: (objects) => remove(objects, 'ExternalSecret/nats-client'),
  },
  {
    name: 'secrets-hold-what-services-need',
    why: 'a service that lacks a key exits at start and says so; this says so before',
    scope: 'production',
    check: (objects) =>
      Object.entries(ownKeys).flatMap(([service, key]) => {
        const given = (name: string) =>
          (find(objects, 'ExternalSecret', name)?.spec?.data ?? []).map(({ secretKey }) => secretKey);
        const missing = [
          ...['DATABASE_URL', key].filter((each) => !given(`${service}-secrets`).includes(each)),
          ...['DATABASE_URL'].filter((each) => !given(`${service}-migration`).includes(each)),
        ];
        return missing.map((each) => `${service}: ${each}`);
      }),
    breakIt: (objects) => change(objects, 'ExternalSecret/share-secrets', 'spec.data.1'),
  },
  {
    name: 'images-are-pinned',
    why: 'a tag that moves is another release after every restart',
    check: (objects) =>
      wrongContainers(pods(objects), ({ image = '' }) => /(:(?!latest$)[\w.-]+|@sha256:\w+)$/.test(image)),
    breakIt: (objects) => change(objects, 'StatefulSet/nats', `${container}.image`, 'nats:latest'),
  },
  {
    name: 'images-are-of-one-release',
    why: 'releases are tested together; a service that stays behind for ever is a surprise',
    check(objects) {
      const tags = pods(objects)
        .flatMap(({ containers }) => containers.map(({ image = '' }) => image))
        .flatMap((image) => /selfsame\/[^:@]+[:@](.+)$/.exec(image)?.[1] ?? []);
      return new Set(tags).size === 1 ? [] : [...new Set(tags)];
    },
    breakIt(objects) {
      const image = 'registry.example.com/selfsame/capture:0.0.9';
      change(objects, 'Deployment/capture-server', `${container}.image`, image);
    },
  },
  {
    name: 'objects-are-told-apart',
    why: 'two objects of one name are one, and nobody knows which',
    check(objects) {
      const names = objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
      return names.filter((name, index) => names.indexOf(name) !== index);
    },
    breakIt: (objects) => objects.push(structuredClone(get(objects, 'PriorityClass/selfsame-data'))),
  },
];
