import { createHmac, randomUUID } from 'node:crypto';
import { fastify } from 'fastify';

interface FakeSession {
  session_id: string;
  workflow_id: string;
  vendor_data: string;
  callback: string | null;
  status: string;
}

/** The few routes of the /v3 contract that the demo calls, as a stranger on the network. */
export async function startFakeSelfsame() {
  const sessions = new Map<string, FakeSession>();
  const enrolled = new Set<string>();
  const calls: { method: string; path: string; apiKey: unknown; idempotencyKey: unknown }[] = [];
  let down = 0;
  const server = fastify();

  server.addHook('onRequest', async (request, reply) => {
    const { 'x-api-key': apiKey, 'idempotency-key': idempotencyKey } = request.headers;
    calls.push({ method: request.method, path: request.url, apiKey, idempotencyKey });
    if (down > 0) {
      down -= 1;
      return reply.code(503).send({ detail: 'Try again.' });
    }
    if (apiKey !== 'demo-key') return reply.code(401).send({ detail: 'No such key.' });
  });
  server.post<{ Body: Omit<FakeSession, 'session_id' | 'status'> }>('/v3/session/', (request, reply) => {
    const { workflow_id, vendor_data, callback = null } = request.body;
    if (workflow_id === 'wf_reauth' && !enrolled.has(vendor_data))
      return reply.code(400).send({ portrait_image: 'No stored face for this user.' });
    const open = (one: FakeSession) =>
      one.vendor_data === vendor_data &&
      one.workflow_id === workflow_id &&
      /^(Not Started|In Progress|Not Finished)$/.test(one.status);
    const session = sessions.values().find(open) ?? {
      session_id: randomUUID(),
      workflow_id,
      vendor_data,
      callback,
      status: 'Not Started',
    };
    session.callback = callback;
    sessions.set(session.session_id, session);
    return reply.code(201).send({ ...session, url: `${address}/session/${session.session_id.slice(0, 12)}` });
  });
  server.get<{ Params: { id: string } }>('/v3/session/:id/decision/', (request, reply) => {
    const session = sessions.get(request.params.id);
    return session ? reply.send(session) : reply.code(404).send({ detail: 'Not found.' });
  });
  server.delete<{ Params: { id: string } }>('/v3/session/:id/delete/', (request, reply) =>
    reply.code(sessions.delete(request.params.id) ? 204 : 404).send(),
  );
  const address = await server.listen({ host: '127.0.0.1', port: 0 });

  return {
    address,
    calls,
    sessions,
    /** The next answers are 503. */
    failNext: (count: number) => {
      down = count;
    },
    /** Brings a session to a status, and tells whose face is now on file. */
    decide(sessionId: string, status: string) {
      const session = sessions.get(sessionId);
      if (!session) throw new Error('no such session');
      session.status = status;
      if (status === 'Approved' && session.workflow_id === 'wf_first_verification')
        enrolled.add(session.vendor_data);
    },
    close: () => server.close(),
  };
}

/** A signed webhook as the dispatcher sends it: canonical body, signature over exactly its bytes. */
export function signedWebhook(secret: string, sessionId: string, status: string, sequence = 1) {
  const body = JSON.stringify({
    created_at: unixNow(),
    event_id: randomUUID(),
    sequence,
    session_id: sessionId,
    status,
    timestamp: unixNow(),
    webhook_type: 'status.updated',
  });
  const headers = {
    'content-type': 'application/json',
    'x-signature-v2': createHmac('sha256', secret).update(body).digest('hex'),
    'x-timestamp': String(unixNow()),
  };
  return { body, headers };
}

function unixNow(): number {
  return Math.floor(Date.now() / 1000);
}
