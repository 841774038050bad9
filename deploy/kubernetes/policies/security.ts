import { all, pods, wrongContainers, wrongObjects, wrongPods } from './objects.ts';
import { add, append, change, container, podSpec, type Rule } from './rule.ts';

/** What a broken process can do to its node, its neighbours and the cluster. */
export const securityRules: readonly Rule[] = [
  {
    name: 'namespace-enforces-restricted',
    why: 'a pod that asks for more than the restricted standard is refused by the cluster itself',
    check: (objects) =>
      wrongObjects(
        all(objects, 'Namespace'),
        ({ metadata }) => metadata.labels?.['pod-security.kubernetes.io/enforce'] === 'restricted',
      ),
    breakIt: (objects) =>
      change(
        objects,
        'Namespace/selfsame',
        'metadata.labels.pod-security\\.kubernetes\\.io/enforce',
        'baseline',
      ),
  },
  {
    name: 'namespace-audits-and-warns',
    why: 'whoever applies something that will be refused reads it at once, and the audit log knows',
    check: (objects) =>
      wrongObjects(all(objects, 'Namespace'), ({ metadata: { labels = {} } }) =>
        ['audit', 'warn'].every((mode) => labels[`pod-security.kubernetes.io/${mode}`] === 'restricted'),
      ),
    breakIt: (objects) =>
      change(objects, 'Namespace/selfsame', 'metadata.labels.pod-security\\.kubernetes\\.io/warn'),
  },
  {
    name: 'runs-as-non-root',
    why: 'root in a container is one mistake away from root on the node',
    check: (objects) =>
      wrongPods(
        pods(objects),
        ({ spec, containers }) =>
          spec.securityContext?.runAsNonRoot === true &&
          containers.every(({ securityContext }) => securityContext?.runAsNonRoot !== false),
      ),
    breakIt: (objects) =>
      change(objects, 'Deployment/session-server', `${podSpec}.securityContext.runAsNonRoot`),
  },
  {
    name: 'runs-as-a-number',
    why: 'an image whose user is a name, or changes, cannot be checked before it starts',
    check: (objects) =>
      wrongPods(
        pods(objects),
        ({ spec, containers }) =>
          (spec.securityContext?.runAsUser ?? 0) > 0 &&
          (spec.securityContext?.runAsGroup ?? 0) > 0 &&
          containers.every(({ securityContext }) => securityContext?.runAsUser !== 0),
      ),
    breakIt: (objects) => change(objects, 'Job/share-migrate', `${podSpec}.securityContext.runAsUser`, 0),
  },
  {
    name: 'seccomp-of-the-runtime',
    why: 'system calls that no service makes are those that exploits make',
    check: (objects) =>
      wrongPods(pods(objects), ({ spec }) => spec.securityContext?.seccompProfile?.type === 'RuntimeDefault'),
    breakIt: (objects) => change(objects, 'StatefulSet/nats', `${podSpec}.securityContext.seccompProfile`),
  },
  {
    name: 'drops-all-capabilities',
    why: 'nothing here binds low ports or changes owners of files',
    check: (objects) =>
      wrongContainers(
        pods(objects),
        ({ securityContext }) => securityContext?.capabilities?.drop?.join() === 'ALL',
      ),
    breakIt: (objects) =>
      change(objects, 'Deployment/capture-server', `${container}.securityContext.capabilities.drop`, []),
  },
  {
    name: 'adds-no-capability',
    why: 'dropping all and adding one is keeping one',
    check: (objects) =>
      wrongContainers(
        pods(objects),
        ({ securityContext }) => (securityContext?.capabilities?.add ?? []).length === 0,
      ),
    breakIt: (objects) =>
      change(objects, 'Deployment/capture-server', `${container}.securityContext.capabilities.add`, [
        'NET_BIND_SERVICE',
      ]),
  },
  {
    name: 'no-privilege-escalation',
    why: 'a setuid binary in a base image would be a way up',
    check: (objects) =>
      wrongContainers(
        pods(objects),
        ({ securityContext }) => securityContext?.allowPrivilegeEscalation === false,
      ),
    breakIt: (objects) =>
      change(
        objects,
        'Deployment/biometrics-server',
        `${podSpec}.initContainers.0.securityContext.allowPrivilegeEscalation`,
      ),
  },
  {
    name: 'not-privileged',
    why: 'a privileged container is the node',
    check: (objects) =>
      wrongContainers(pods(objects), ({ securityContext }) => securityContext?.privileged !== true),
    breakIt: (objects) =>
      change(objects, 'Deployment/share-server', `${container}.securityContext.privileged`, true),
  },
  {
    name: 'read-only-root',
    why: 'what cannot be written to cannot be changed by an intruder, and a restart begins clean',
    check: (objects) =>
      wrongContainers(
        pods(objects),
        ({ securityContext }) => securityContext?.readOnlyRootFilesystem === true,
      ),
    breakIt: (objects) =>
      change(objects, 'Deployment/share-server', `${container}.securityContext.readOnlyRootFilesystem`),
  },
  {
    name: 'no-namespaces-of-the-host',
    why: "the node's network and processes are outside of every NetworkPolicy",
    check: (objects) =>
      wrongPods(pods(objects), ({ spec }) => !(spec.hostNetwork || spec.hostPID || spec.hostIPC)),
    breakIt: (objects) => change(objects, 'Deployment/session-server', `${podSpec}.hostNetwork`, true),
  },
  {
    name: 'no-ports-of-the-host',
    why: 'a port of the node is reachable by whoever reaches the node',
    check: (objects) =>
      wrongContainers(pods(objects), ({ ports = [] }) => ports.every(({ hostPort }) => !hostPort)),
    breakIt: (objects) => change(objects, 'StatefulSet/nats', `${container}.ports.0.hostPort`, 4222),
  },
  {
    name: 'no-files-of-the-host',
    why: 'a path of the node leads to its sockets, its logs and other pods',
    check: (objects) =>
      wrongPods(pods(objects), ({ volumes }) =>
        volumes.every(({ emptyDir, secret, configMap, persistentVolumeClaim }) =>
          Boolean(emptyDir ?? secret ?? configMap ?? persistentVolumeClaim),
        ),
      ),
    breakIt: (objects) =>
      append(objects, 'Deployment/session-server', `${podSpec}.volumes`, {
        name: 'logs',
        hostPath: { path: '/var/log' },
      }),
  },
  {
    name: 'pod-has-no-token',
    why: 'no process here ever asks Kubernetes anything; a token would only be there to be stolen',
    check: (objects) => wrongPods(pods(objects), ({ spec }) => spec.automountServiceAccountToken === false),
    breakIt: (objects) => change(objects, 'Job/session-migrate', `${podSpec}.automountServiceAccountToken`),
  },
  {
    name: 'account-has-no-token',
    why: 'a pod that somebody adds by hand with that account gets none either',
    check: (objects) =>
      wrongObjects(
        all(objects, 'ServiceAccount'),
        ({ automountServiceAccountToken }) => automountServiceAccountToken === false,
      ),
    breakIt: (objects) => change(objects, 'ServiceAccount/share-server', 'automountServiceAccountToken'),
  },
  {
    name: 'account-of-its-own',
    why: 'audit logs, policies and cloud roles tell pods apart by their accounts',
    check(objects) {
      const accounts = new Set(all(objects, 'ServiceAccount').map(({ metadata }) => metadata.name));
      const users = pods(objects).map(({ spec }) => spec.serviceAccountName ?? '');
      return wrongPods(
        pods(objects),
        ({ spec: { serviceAccountName: name = '' } }) =>
          accounts.has(name) && users.filter((user) => user === name).length === 1,
      );
    },
    breakIt: (objects) =>
      change(objects, 'Deployment/share-server', `${podSpec}.serviceAccountName`, 'capture-server'),
  },
  {
    name: 'no-rights-in-the-cluster',
    why: 'a right that nobody needs is a right for an intruder',
    check: (objects) =>
      objects
        .filter(({ kind }) => /^(Cluster)?Role(Binding)?$/.test(kind))
        .map(({ kind, metadata }) => `${kind}/${metadata.name}`),
    breakIt: (objects) =>
      add(objects, {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'Role',
        metadata: { name: 'reader' },
        rules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }],
      }),
  },
  {
    name: 'no-service-links',
    why: 'a variable for each Service of the namespace tells every process about all others, and may pass for a setting',
    check: (objects) => wrongPods(pods(objects), ({ spec }) => spec.enableServiceLinks === false),
    breakIt: (objects) => change(objects, 'Deployment/fraud-signals-server', `${podSpec}.enableServiceLinks`),
  },
  {
    name: 'secret-files-are-not-for-all',
    why: 'a key that every user of a container may read is read by the first process that breaks',
    check: (objects) =>
      wrongPods(pods(objects), ({ volumes }) =>
        volumes.every(({ secret }) => secret === undefined || ((secret.defaultMode ?? 0o644) & 0o007) === 0),
      ),
    breakIt: (objects) => {
      const path = `${podSpec}.volumes`;
      append(objects, 'Deployment/session-server', path, {
        name: 'open',
        secret: { secretName: 'session-secrets' },
      });
    },
  },
];
