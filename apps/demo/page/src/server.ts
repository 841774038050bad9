/** What this page and its own server say to each other. Nothing here talks to Selfsame: a browser holds no API key. */
export interface Attempt {
  purpose: 'create' | 'sign_in';
  handle: string;
  sessionId: string;
  /** The hosted page of this session. */
  url: string;
  status: string;
  confirmedBy: 'webhook' | 'decision' | null;
}

export interface Me {
  baseUrl: string;
  publicUrl: string;
  /** Handle of who is signed in. */
  account: string | null;
  attempt: Attempt | null;
}

export interface ReceivedWebhook {
  number: number;
  receivedAt: string;
  application: string;
  outcome: 'accepted' | 'repeated' | 'refused';
  reason: string | null;
  rawBytes: boolean;
  canonicalJson: boolean;
  withinSeconds: number | null;
  body: { webhook_type?: string; status?: string; session_id?: string } | null;
}

/** Asks the demo's server. @throws Error whose message is for the person in front of the page */
export async function ask<T>(path: string, body?: object): Promise<T> {
  const response = await fetch(`/demo/api/${path}`, {
    ...(body
      ? { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
      : {}),
    signal: AbortSignal.timeout(15_000),
  }).catch(() => undefined);
  const answer = await response?.json().catch(() => undefined);
  if (!response || !answer) throw new Error('The demo does not answer. Is it still running?');
  if (!response.ok) throw new Error(answer.error ?? 'That did not work. Try again.');
  return answer;
}
