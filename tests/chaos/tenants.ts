import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { apiClient } from '../harness/api-client.ts';
import type { RunningSystem } from '../harness/running-system.ts';
import type { Tenant } from './load.ts';
import type { Receiver } from './receivers.ts';

const repository = join(import.meta.dirname, '../..');
/** Short waits, and more of them than any receiver or any fault refuses: nothing may be given up in a run. */
const retrySchedule = [0.2, 0.5, 1, 1, ...repeat(2, 8), ...repeat(5, 8)];

function repeat(seconds: number, times: number): number[] {
  return Array.from({ length: times }, () => seconds);
}

/** A tenant that exists. */
export interface RegisteredTenant extends Tenant {
  readonly applicationId: string;
}

/** An application of the local system as a load wants it: statuses strict, API keys with a budget each, no destination. */
export async function prepareTenant(
  system: RunningSystem,
  options: { slug: 'demo' | 'partner_b'; workflowId: string; keys: number },
): Promise<RegisteredTenant> {
  const { slug, workflowId, keys } = options;
  const apiKeys: string[] = [];
  let applicationId = '';
  for (let count = 0; count < keys; count += 1) {
    const created = await createApplication(system.databaseUrl, slug);
    apiKeys.push(created.api_key);
    applicationId = created.application_id;
  }
  const clients = apiKeys.map((key) => apiClient(system.baseUrl, key));
  const [client] = clients;
  if (client === undefined) throw new Error('a tenant needs a key');
  for (const { uuid } of (await client.get('/v3/webhook/destinations/')).body) {
    await client.delete(`/v3/webhook/destinations/${uuid}/`);
  }
  return { workflowId, clients, applicationId };
}

/** Makes a receiver's destination through the public API. */
export async function register(tenant: Tenant, receiver: Receiver): Promise<void> {
  const { name, isOrdered } = receiver.temper;
  const answer = await tenant.clients[0]?.post('/v3/webhook/destinations/', {
    label: name,
    url: receiver.url,
    subscribed_events: ['status.updated'],
    ordered: isOrdered,
    retry_schedule: retrySchedule,
  });
  if (answer?.status !== 201) throw new Error(`${name}: no destination (${JSON.stringify(answer?.body)})`);
  if (answer.body.ordered !== isOrdered) throw new Error(`${name}: the API does not know \`ordered\``);
  receiver.learnSecret(answer.body.secret_shared_key);
}

async function createApplication(
  databaseUrl: string,
  slug: string,
): Promise<{ application_id: string; api_key: string }> {
  const script = join(repository, 'services/session/src/cli/create-application.ts');
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [script, '--slug', slug, '--name', slug, '--strict-statuses'],
    { env: { ...process.env, DATABASE_URL: databaseUrl }, timeout: 30_000 },
  );
  return JSON.parse(stdout);
}
