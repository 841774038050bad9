import { randomBytes } from 'node:crypto';
import { stringify } from 'yaml';
import { owners, ownKeys } from './policies/facts.ts';

interface Secret {
  readonly apiVersion: 'v1';
  readonly kind: 'Secret';
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly stringData: Readonly<Record<string, string>>;
}

const newKey = () => randomBytes(32).toString('base64');
/** Fit for a URL. */
const newPassword = () => randomBytes(24).toString('base64url');

/**
 * New Secrets for overlays/dev: one login of the database for all, and keys. Made once for a cluster: with others, what lies in
 * its database is unreadable.
 */
export function devSecrets(): Secret[] {
  const [postgres, nats] = [newPassword(), newPassword()];
  const database = { DATABASE_URL: `postgres://postgres:${postgres}@postgres:5432/selfsame` };
  const key = (service: string) => Object.entries(ownKeys).find(([name]) => name === service)?.[1];
  const contents: Record<string, Record<string, string>> = {
    postgres: { password: postgres },
    nats: { password: nats },
    'nats-client': { NATS_URL: `nats://selfsame:${nats}@nats:4222` },
    ...Object.fromEntries(owners.map((service) => [`${service}-migration`, database])),
    ...Object.fromEntries(
      owners.map((service) => [`${service}-secrets`, { ...database, [key(service) ?? '']: newKey() }]),
    ),
  };
  return Object.entries(contents).map(([name, stringData]) => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: 'selfsame' },
    stringData,
  }));
}

if (import.meta.main)
  console.log(
    devSecrets()
      .map((secret) => stringify(secret))
      .join('---\n'),
  );
