import { useCallback, useEffect, useState } from 'preact/hooks';
import { type Attempt, ask, type Me, type ReceivedWebhook } from './server.ts';

/** Statuses without a result yet. */
export const OPEN = ['Not Started', 'In Progress'];

const CHECK_MS = 3_000;
const CHECKS = 20;

/** Everything the page knows and can do about the person in front of it. */
export interface Flow {
  me: Me | null;
  /** Back from the hosted page and without a result: waiting for the truth. */
  waiting: boolean;
  /** What the redirect claimed; shown, never believed. */
  hint: string | null;
  /** The attempt that has just been approved. */
  done: Attempt | null;
  error: string | null;
  start(purpose: Attempt['purpose'], handle: string, embedded: boolean): Promise<Attempt | null>;
  /** The frame was closed, by its result or by the user. */
  returned(): void;
  startOver(): Promise<void>;
  signOut(): Promise<void>;
}

export function useFlow(webhooks: ReceivedWebhook[]): Flow {
  const [me, setMe] = useState<Me | null>(null);
  const [back, setBack] = useState(location.pathname === '/demo/return');
  const [hint, setHint] = useState(new URLSearchParams(location.search).get('status'));
  const [done, setDone] = useState<Attempt | null>(null);
  const [error, setError] = useState<string | null>(null);

  const attempt = me?.attempt ?? null;
  const waiting = back && attempt !== null && OPEN.includes(attempt.status);
  const trying = useCallback(async (work: () => Promise<void>) => {
    try {
      setError(null);
      await work();
    } catch (problem) {
      setError(problem instanceof Error ? problem.message : String(problem));
    }
  }, []);
  const refresh = useCallback(() => trying(async () => setMe(await ask<Me>('me'))), [trying]);

  // The address bar keeps no claim that anyone could type.
  useEffect(() => {
    if (location.pathname !== '/demo/') history.replaceState(null, '', '/demo/');
    refresh();
  }, [refresh]);

  // A webhook about our session: ask the server, which verified it, how we stand.
  const latest = webhooks.find((row) => row.body?.session_id === attempt?.sessionId)?.number;
  useEffect(() => {
    if (latest !== undefined) refresh();
  }, [latest, refresh]);

  // No webhook in time: the decision endpoint knows as well.
  useEffect(() => {
    if (!waiting) return;
    let left = CHECKS;
    const timer = setInterval(() => {
      left -= 1;
      if (left <= 0) clearInterval(timer);
      trying(async () => {
        const checked = await ask<{ attempt: Attempt | null }>('attempt/check', {});
        setMe((known) => known && { ...known, ...checked });
      });
    }, CHECK_MS);
    return () => clearInterval(timer);
  }, [waiting, trying]);

  const approved = attempt?.status === 'Approved' && attempt.confirmedBy !== null ? attempt.sessionId : null;
  useEffect(() => {
    if (approved === null) return;
    trying(async () => {
      const finished = await ask<{ attempt: Attempt }>('attempt/finish', {});
      setDone(finished.attempt);
      await refresh();
    });
  }, [approved, refresh, trying]);

  return {
    me,
    waiting,
    hint,
    done,
    error,
    async start(purpose, handle, embedded) {
      let started: Attempt | null = null;
      await trying(async () => {
        const path = purpose === 'create' ? 'accounts' : 'sign-ins';
        started = (await ask<{ attempt: Attempt }>(path, { handle, embedded })).attempt;
        setDone(null);
        setHint(null);
        setBack(false);
        // A full-page visit leaves now; the card it would flash on the way out is of no use.
        if (embedded) setMe((known) => known && { ...known, attempt: started });
      });
      return started;
    },
    returned: () => setBack(true),
    startOver: () =>
      trying(async () => {
        await ask('attempt/forget', {});
        setDone(null);
        setBack(false);
        await refresh();
      }),
    signOut: () =>
      trying(async () => {
        await ask('sign-out', {});
        setDone(null);
        await refresh();
      }),
  };
}
