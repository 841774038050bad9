import { type Account, type Accounts, type Attempt, learnFromDecision } from './accounts.ts';
import type { Selfsame } from './selfsame.ts';

/** What the flow needs to know of the world. */
export interface Flow {
  accounts: Accounts;
  selfsame: Selfsame;
  /** Where the hosted page sends the browser afterwards. */
  callback: string;
  workflows: Readonly<Record<Attempt['purpose'], string>>;
}

/** The attempt that began, or why none did, in words for the person in front of the page. */
export type Start = { ok: true; attempt: Attempt } | { ok: false; status: number; error: string };

/** "Create account": a new row in our user table, then a first verification that puts a face on file. */
export async function createAccount(flow: Flow, handle: string, browser: Browser): Promise<Start> {
  const known = flow.accounts.byHandle(handle);
  if (known?.verified)
    return refuse(409, `“${handle}” already has an account. Sign in with a selfie instead.`);
  return begin(flow, 'create', known ?? flow.accounts.create(handle), browser);
}

/** "Sign in with a selfie": the live face is compared with the one on file for this account. */
export async function signIn(flow: Flow, handle: string, browser: Browser): Promise<Start> {
  const account = flow.accounts.byHandle(handle);
  if (!account) return refuse(404, `There is no account called “${handle}” here yet. Create one first.`);
  return begin(flow, 'sign_in', account, browser);
}

/** The browser that asks: the attempt in its cookie, and whether it shows the hosted page in a frame. */
export interface Browser {
  attempt: Attempt | undefined;
  embedded: boolean;
}

async function begin(
  flow: Flow,
  purpose: Attempt['purpose'],
  account: Account,
  browser: Browser,
): Promise<Start> {
  const create = () =>
    flow.selfsame.createSession({
      workflow_id: flow.workflows[purpose],
      vendor_data: account.id,
      metadata: { purpose },
      // A frame reports by postMessage and is closed by this page; only a full-page visit needs the way back.
      ...(browser.embedded ? {} : { callback: flow.callback }),
    });

  let answer = await create();
  if (answer.ok) {
    // An unfinished session is handed out again. Its result must count for one browser only, or whoever asks to
    // sign in under this name would be let in by the owner's selfie: a session of another browser is replaced.
    const earlier = flow.accounts.attemptOfSession(answer.value.session_id);
    if (earlier && earlier !== browser.attempt) {
      await flow.selfsame.deleteSession(earlier.sessionId);
      flow.accounts.forget(earlier);
      answer = await create();
    } else if (earlier) {
      earlier.url = answer.value.url;
      return { ok: true, attempt: earlier };
    }
  }
  if (!answer.ok) return refuse(answer.status === 400 ? 409 : 502, inWords(purpose, account, answer));

  const { session_id: sessionId, url, status } = answer.value;
  if (browser.attempt) flow.accounts.forget(browser.attempt);
  return { ok: true, attempt: flow.accounts.begin({ purpose, account, sessionId, url, status }) };
}

/** Asks the decision endpoint, for when the webhook is late or cannot reach us. */
export async function askDecision(flow: Flow, attempt: Attempt): Promise<void> {
  const answer = await flow.selfsame.readDecision(attempt.sessionId);
  if (answer.ok) learnFromDecision(attempt, answer.value.status);
}

function inWords(purpose: Attempt['purpose'], account: Account, answer: { status: number; text: string }) {
  if (answer.status === 0 || answer.status >= 500)
    return 'Selfsame does not answer right now. Try again in a moment.';
  if (answer.status === 401 || answer.status === 403)
    return `Selfsame refused this demo's API key. Check DEMO_API_KEY. (${answer.text})`;
  if (answer.status === 429) return 'Too many sessions in the last minute. Try again shortly.';
  if (purpose === 'sign_in' && !account.verified)
    return `No face is on file for “${account.handle}” yet. Create the account first. (${answer.text})`;
  return `Selfsame refused the request: ${answer.text}`;
}

function refuse(status: number, error: string): Start {
  return { ok: false, status, error };
}
