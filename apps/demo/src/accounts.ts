import { randomBytes, randomUUID } from 'node:crypto';

/** A row of the relying party's own user table. */
export interface Account {
  /** Sent to Selfsame as vendor_data: stable, and says nothing about the person. */
  id: string;
  handle: string;
  createdAt: string;
  /** A first verification was approved, so there is a face on file to sign in with. */
  verified: boolean;
}

/** One trip to Selfsame, started by one browser. */
export interface Attempt {
  /** Secret of the browser that started it, kept in its cookie. */
  id: string;
  purpose: 'create' | 'sign_in';
  account: Account;
  sessionId: string;
  /** The hosted page; works again after Not Finished. */
  url: string;
  status: string;
  /** How the present status became known; nothing is believed from the redirect. */
  confirmedBy: 'webhook' | 'decision' | null;
  /** Place of the latest webhook among the events of the session. */
  sequence: number;
}

/** The demo's memory. Both tables are bounded: the oldest row leaves when a new one needs its place. */
export interface Accounts {
  byHandle(handle: string): Account | undefined;
  byId(id: string): Account | undefined;
  create(handle: string): Account;
  attempt(id: string | undefined): Attempt | undefined;
  attemptOfSession(sessionId: string): Attempt | undefined;
  begin(attempt: Pick<Attempt, 'purpose' | 'account' | 'sessionId' | 'url' | 'status'>): Attempt;
  forget(attempt: Attempt): void;
}

export function createAccounts(limit = 1_000): Accounts {
  const accounts = new Map<string, Account>();
  const attempts = new Map<string, Attempt>();
  const find = <T>(rows: Map<string, T>, matches: (row: T) => boolean) => rows.values().find(matches);
  const dropOldest = (rows: Map<string, unknown>) => {
    if (rows.size > limit) for (const oldest of rows.keys().take(1)) rows.delete(oldest);
  };

  return {
    byHandle: (handle) => find(accounts, (account) => account.handle === handle),
    byId: (id) => accounts.get(id),
    create(handle) {
      const account = { id: randomUUID(), handle, createdAt: new Date().toISOString(), verified: false };
      accounts.set(account.id, account);
      dropOldest(accounts);
      return account;
    },
    attempt: (id) => (id === undefined ? undefined : attempts.get(id)),
    attemptOfSession: (sessionId) => find(attempts, (attempt) => attempt.sessionId === sessionId),
    begin(start) {
      const attempt: Attempt = {
        ...start,
        id: randomBytes(16).toString('hex'),
        confirmedBy: null,
        sequence: 0,
      };
      attempts.set(attempt.id, attempt);
      dropOldest(attempts);
      return attempt;
    },
    forget: (attempt) => void attempts.delete(attempt.id),
  };
}

const OPEN = ['Not Started', 'In Progress'];

/** Takes over what a webhook said. Webhooks may overtake each other: an older one changes nothing. */
export function learnFromWebhook(attempt: Attempt, status: string, sequence: number): void {
  if (sequence <= attempt.sequence) return;
  attempt.sequence = sequence;
  // The decision endpoint was ahead of the webhooks; those on the way still tell how it came to that result.
  if (attempt.confirmedBy === 'decision' && OPEN.includes(status)) return;
  learn(attempt, status, 'webhook');
}

/** Takes over what the decision endpoint said, which is true at this moment. */
export function learnFromDecision(attempt: Attempt, status: string): void {
  if (status !== attempt.status || attempt.confirmedBy === null) learn(attempt, status, 'decision');
}

function learn(attempt: Attempt, status: string, source: 'webhook' | 'decision'): void {
  attempt.status = status;
  attempt.confirmedBy = source;
  if (status === 'Approved' && attempt.purpose === 'create') attempt.account.verified = true;
}

/** A handle as typed, made comparable; undefined when it will not do. */
export function normalHandle(text: unknown): string | undefined {
  if (typeof text !== 'string') return undefined;
  const handle = text.normalize('NFKC').trim().replace(/\s+/g, ' ').toLowerCase();
  return /^[\p{L}\p{N}][\p{L}\p{M}\p{N} .,_@+'-]{1,63}$/u.test(handle) ? handle : undefined;
}
