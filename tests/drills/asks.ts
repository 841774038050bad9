/** What users and applications ask for, and what becomes of it. */
export type What =
  | 'create'
  | 'page'
  | 'open'
  | 'challenge'
  | 'selfie'
  | 'state'
  | 'decision'
  | 'list'
  | 'destinations'
  | 'lists'
  | 'shares'
  | 'templates';

/** One request and how it was answered. */
export interface Ask {
  readonly what: What;
  /** refused: clearly, so that whoever asked knows that they may come again, and when. wrong: anything else. */
  readonly outcome: 'ok' | 'refused' | 'wrong';
  /** The status, and of what is wrong why. */
  readonly words: string;
  /** `performance.now()`. */
  readonly atMs: number;
  readonly tookMs: number;
}

/** An answer as far as somebody outside can see it. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The parsed text where it says that it is JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: an outside caller has no types of ours
  readonly json: any;
}

/** Longer than any service means to take; whoever is not answered by then hangs. */
const patienceMs = (what: What) => (what === 'selfie' ? 45_000 : 30_000);
/** The page is for people: its text tells them; all others are told by a header as well. */
const comesAgain = new Set([409, 429, 503, 504]);

/** Asks once. Never throws: what is no answer is wrong. */
export async function ask(
  what: What,
  url: string | URL,
  init: RequestInit = {},
  send: typeof fetch = fetch,
): Promise<{ ask: Ask; answer: Answer | undefined }> {
  const atMs = performance.now();
  const done = (outcome: Ask['outcome'], words: string): Ask => ({
    what,
    outcome,
    words,
    atMs,
    tookMs: performance.now() - atMs,
  });
  try {
    const response = await send(url, { ...init, signal: AbortSignal.timeout(patienceMs(what)) });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    const json = isJson ? JSON.parse(text) : undefined;
    const answer = { status: response.status, headers: response.headers, text, json };
    if (response.ok) return { ask: done('ok', String(answer.status)), answer };
    const objection = objectionTo(what, answer);
    const words = `${what} ${answer.status}`;
    return {
      ask: objection === undefined ? done('refused', words) : done('wrong', `${words}: ${objection}`),
      answer,
    };
  } catch (error) {
    return { ask: done('wrong', `${what}: ${wordsOf(error)}`), answer: undefined };
  }
}

/** Why a refusal is not a clear one; undefined when it is. Pure. */
export function objectionTo(what: What, { status, headers, text, json }: Answer): string | undefined {
  if (!comesAgain.has(status)) return `unexpected: ${text.slice(0, 120)}`;
  if (!/^[1-9]\d{0,3}$/.test(headers.get('retry-after') ?? ''))
    return `does not say when to come again (${text.slice(0, 120)})`;
  if (what === 'page') {
    return headers.get('content-type')?.startsWith('text/html') && text.includes('</html>')
      ? undefined
      : 'is no page';
  }
  if (typeof json?.detail !== 'string' || json.detail === '') return 'says nothing';
  return undefined;
}

function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return 'no answer';
  const { cause } = error;
  return cause instanceof Error ? `no answer (${cause.message})` : `no answer (${error.message})`;
}
