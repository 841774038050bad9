import { signedHeaders } from '@selfsame/webhook-dispatcher/signature';

/** Body and headers of one request, as the dispatcher would send them. */
export interface SignedPost {
  readonly headers: Record<string, string>;
  readonly body: string;
}

const idMember = '"event_id":"';
const secret = 'a secret of the length that destinations have';

/** The sample body for another event, signed now with every header of a delivery. */
export function signedPost(sample: string, eventId: string): SignedPost {
  const start = sample.indexOf(idMember) + idMember.length;
  const body = sample.slice(0, start) + eventId + sample.slice(start + eventId.length);
  const message = {
    eventId,
    body,
    timestamp: Math.floor(Date.now() / 1000),
    sessionId: '0198f2b4-7d35-7c1a-9f5e-2b6a4c8d1e3f',
    status: 'Approved',
    webhookType: 'status.updated',
  };
  return { body, headers: signedHeaders(message, [{ secret }]) };
}
