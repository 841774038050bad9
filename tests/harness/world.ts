import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { facePath } from '@selfsame/testing/assets';
import { type ReceivedRequest, startReceiver } from '@selfsame/testing/receiver';
import { waitFor } from '@selfsame/testing/wait';
import { type ApiClient, apiClient } from './api-client.ts';
import { hostedClient } from './hosted-client.ts';
import { type RunningSystem, runSystem } from './running-system.ts';

/** The whole system in its own processes, an application that uses it and a receiver that listens. */
export interface World {
  system: RunningSystem;
  api: ApiClient;
  receiver: Awaited<ReturnType<typeof startReceiver>>;
  /** Secret of the receiver's destination. */
  secret: string;
  createSession(body: Record<string, unknown>): Promise<CreatedSession>;
  /** Enrols a subject from a photo, without a browser. */
  enrol(vendorData: string, photo: string): Promise<void>;
  /** Waits until the receiver holds a webhook of this session with this status. */
  webhook(sessionId: string, status: string, timeoutMs?: number): Promise<ReceivedWebhook>;
  webhooks(sessionId: string): ReceivedWebhook[];
  stop(): Promise<void>;
}

export interface CreatedSession {
  session_id: string;
  session_url: string;
  session_token: string;
}

export interface ReceivedWebhook {
  request: ReceivedRequest;
  // biome-ignore lint/suspicious/noExplicitAny: bodies are read as the contract's tables name them
  body: any;
}

export async function startWorld(environment: Record<string, string> = {}): Promise<World> {
  // Looks wait on a crowded machine, and nobody here comes again later.
  const system = await runSystem({ SESSION_WAIT_MAX_MS: '60000', ...environment });
  const receiver = await startReceiver();
  const api = apiClient(system.baseUrl, system.local.api_key);
  const destination = await api.post('/v3/webhook/destinations/', {
    label: 'tests',
    url: `${receiver.url}/hooks`,
    subscribed_events: ['status.updated'],
  });
  if (destination.status !== 201) throw new Error(`no destination: ${JSON.stringify(destination.body)}`);

  const webhooks = (sessionId: string) =>
    receiver.requests
      // Browsers that return to a callback come here as well.
      .filter(({ method }) => method === 'POST')
      .map((request) => ({ request, body: JSON.parse(request.rawBody.toString('utf8')) }))
      .filter((webhook) => webhook.body.session_id === sessionId);

  const webhook: World['webhook'] = (sessionId, status, timeoutMs = 30_000) =>
    waitFor(
      `webhook ${status} of session ${sessionId}`,
      () => webhooks(sessionId).find((candidate) => candidate.body.status === status),
      { timeoutMs },
    );

  async function createSession(body: Record<string, unknown>): Promise<CreatedSession> {
    const answer = await api.post('/v3/session/', body);
    if (answer.status !== 201) {
      throw new Error(`session not created: ${answer.status} ${JSON.stringify(answer.body)}`);
    }
    return answer.body as CreatedSession;
  }

  return {
    system,
    api,
    receiver,
    secret: destination.body.secret_shared_key,
    createSession,
    webhook,
    webhooks,
    enrol: async (vendorData, photo) => {
      const session = await createSession({ workflow_id: 'wf_first_verification', vendor_data: vendorData });
      const client = hostedClient(session.session_url);
      await client.open();
      const answer = await client.attempt(await readFile(facePath(photo)));
      if (answer.status !== 'Approved') throw new Error(`not enrolled: ${JSON.stringify(answer)}`);
      await webhook(session.session_id, 'Approved');
    },
    stop: async () => {
      await receiver.close();
      await system.stop();
    },
  };
}

/** A subject nobody else in the run uses. */
export function someone(): string {
  return `user-${randomUUID()}`;
}
