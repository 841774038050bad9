import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type ReceivedRequest, startReceiver } from '@selfsame/testing/receiver';
import { waitFor } from '@selfsame/testing/wait';
import { type ApiClient, apiClient } from './api-client.ts';
import type { RunningSystem } from './running-system.ts';

/** A company that uses the platform: its key, and where its webhooks arrive. */
export interface Company {
  readonly applicationId: string;
  readonly slug: string;
  readonly api: ApiClient;
  /** Waits for the webhook of a session in a status. */
  webhook(sessionId: string, status: string): Promise<CompanyWebhook>;
  close(): Promise<void>;
}

export interface CompanyWebhook {
  readonly request: ReceivedRequest;
  // biome-ignore lint/suspicious/noExplicitAny: bodies are read as the contract's tables name them
  readonly body: any;
}

const script = join(import.meta.dirname, '../../services/session/src/cli/create-application.ts');

/** Creates an application as an operator does. @param options.organization slug; one of its own unless given */
export async function openCompany(
  system: RunningSystem,
  slug: string,
  options: { organization?: string; environment?: 'live' | 'sandbox'; listens?: boolean } = {},
): Promise<Company> {
  const { organization, environment } = options;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      script,
      ...['--slug', slug, '--name', slug.replaceAll('_', ' ')],
      ...(organization === undefined ? [] : ['--organization', organization]),
      ...(environment === undefined ? [] : ['--environment', environment]),
    ],
    { env: { PATH: process.env.PATH, DATABASE_URL: system.databaseUrl } },
  );
  const { application_id, api_key } = JSON.parse(stdout) as { application_id: string; api_key: string };
  const { listens = true } = options;
  return companyOf(system, { slug, applicationId: application_id, apiKey: api_key }, listens);
}

/** An application that is there already, with a receiver of its own unless it does not listen. */
export async function companyOf(
  system: RunningSystem,
  application: { slug: string; applicationId: string; apiKey: string },
  listens = true,
): Promise<Company> {
  const { slug, applicationId, apiKey } = application;
  const api = apiClient(system.baseUrl, apiKey);
  const receiver = await startReceiver();
  if (listens) await listenAt(api, `${receiver.url}/hooks`);
  return {
    applicationId,
    slug,
    api,
    webhook: (sessionId, status) =>
      waitFor(
        `webhook ${status} of session ${sessionId} at ${slug}`,
        () =>
          receiver.requests
            .filter(({ method }) => method === 'POST')
            .map((request) => ({ request, body: JSON.parse(request.rawBody.toString('utf8')) }))
            .find(({ body }) => body.session_id === sessionId && body.status === status),
        { timeoutMs: 30_000 },
      ),
    close: () => receiver.close(),
  };
}

async function listenAt(api: ApiClient, url: string): Promise<void> {
  const destination = await api.post('/v3/webhook/destinations/', {
    label: 'tests',
    url,
    subscribed_events: ['status.updated'],
  });
  if (destination.status !== 201) throw new Error(`no destination: ${JSON.stringify(destination.body)}`);
}
