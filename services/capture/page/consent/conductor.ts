import type { ConsentAnswer, ConsentView } from '../../src/consent-wire.ts';
import { deviceKeys, signConsent } from '../src/look/device-key.ts';
import { type Answered, type ConsentPath, readConsent, sendAnswer } from './client.ts';
import * as flow from './flow.ts';
import type { PageConsent } from './given.ts';
import { startReading } from './reading.ts';

/** What a person can do here. */
export type ConsentAct = ConsentAnswer | 'ask_back' | 'keep' | 'retry';

/** What the screens draw, and whom they tell. */
export interface ConsentConductor {
  readonly state: flow.State;
  /** Whether this browser can sign; null: that is not known yet. */
  readonly canSign: boolean | null;
  /** Whether a press counts already. */
  readonly isArmed: boolean;
  act(act: ConsentAct): void;
}

/** What came of an answer that was sent. */
type Sent =
  | { readonly is: 'recorded'; readonly consent: ConsentView }
  | { readonly is: 'other'; readonly consent: ConsentView }
  | { readonly is: 'unsigned' }
  | { readonly is: 'failed'; readonly reason: Exclude<Answered, { ok: true }>['reason'] };

const outcomes = { agree: 'given', refuse: 'refused', withdraw: 'withdrawn' } as const;

/** @param changed called after every change of what is to be drawn */
export function startConductor(
  path: ConsentPath,
  language: string,
  given: PageConsent,
  changed: () => void,
): ConsentConductor {
  let state = flow.arrive(given);
  let canSign: boolean | null = null;
  let isAnswering = false;
  /** Counts the reads: only the last one is believed. */
  let reads = 0;
  const reading = startReading(changed);

  const show = (next: flow.State) => {
    const isAnother = flow.screenOf(next) !== flow.screenOf(state);
    state = next;
    if (isAnother) reading.restart();
    changed();
  };

  /** The consent as it is; what cannot be read now is read when it is needed. An answer on its way goes first. */
  async function refresh(): Promise<void> {
    if (isAnswering) return;
    reads += 1;
    const own = reads;
    const read = await readConsent(path, 'consent' in state ? state.consent.language : language);
    if (isAnswering || own !== reads) return;
    if (read.ok) show(flow.refreshed(state, read.consent));
    else if (state.at === 'ended') show(flow.ended(read.reason));
  }

  async function answer(given: ConsentAnswer): Promise<void> {
    if (isAnswering || !('consent' in state)) return;
    isAnswering = true;
    const { consent } = state;
    const shownMs = reading.shownMs();
    show(flow.sending(state, given));
    const sent = await deliver(path, consent, given, shownMs);
    isAnswering = false;
    if (sent.is === 'unsigned') canSign = false;
    if (sent.is === 'recorded') show(flow.recorded(sent.consent, given));
    else if (sent.is === 'other') show(flow.refreshed(flow.failed(state, null), sent.consent));
    else if (sent.is === 'unsigned') show(flow.failed(state, null));
    else if (sent.reason === 'unknown') show(flow.ended('unknown'));
    else show(flow.failed(state, sent.reason === 'busy' ? 'too_many' : 'not_sent'));
  }

  // Somebody may have answered in another tab, or the network has come back.
  const lookAgain = () => {
    if (document.visibilityState === 'visible') void refresh();
  };
  document.addEventListener('visibilitychange', lookAgain);
  addEventListener('online', lookAgain);
  addEventListener('pageshow', ({ persisted }) => persisted && lookAgain());

  // Known before it is needed, and made by then.
  const learn = (can: boolean) => {
    canSign = can;
    changed();
  };
  deviceKeys().then(
    () => learn(true),
    () => learn(false),
  );

  return {
    get state() {
      return state;
    },
    get canSign() {
      return canSign;
    },
    get isArmed() {
      return reading.isArmed;
    },
    act(act) {
      if (act === 'retry') {
        show(flow.askedAgain(state));
        void refresh();
      } else if (act === 'ask_back') show(flow.askBack(state));
      else if (act === 'keep') show(flow.keep(state));
      else if (reading.isArmed && !(act === 'agree' && canSign === false)) void answer(act);
    },
  };
}

/** Sends an answer; when it is refused, reads what holds now, and signs anew once where only the nonce was old. */
async function deliver(
  path: ConsentPath,
  asked: ConsentView,
  answer: ConsentAnswer,
  shownMs: number,
): Promise<Sent> {
  let consent = asked;
  for (const isLast of [false, true]) {
    const proof = await signConsent(consent.nonce, consent.text_sha256, answer);
    if (proof === undefined && answer === 'agree') return { is: 'unsigned' };
    const sent = await sendAnswer(path, {
      answer,
      nonce: consent.nonce,
      text_sha256: consent.text_sha256,
      language: consent.language,
      shown_ms: shownMs,
      ...(proof === undefined ? {} : { proof }),
    });
    if (sent.ok) return { is: 'recorded', consent: sent.consent };
    if (sent.reason !== 'refused') return { is: 'failed', reason: sent.reason };
    const read = await readConsent(path, consent.language);
    if (!read.ok) return { is: 'failed', reason: read.reason };
    if (read.consent.status === outcomes[answer]) return { is: 'recorded', consent: read.consent };
    const isSame = read.consent.status === asked.status && read.consent.text_sha256 === asked.text_sha256;
    if (!isSame) return { is: 'other', consent: read.consent };
    if (isLast) return answer === 'agree' ? { is: 'unsigned' } : { is: 'failed', reason: 'unavailable' };
    consent = read.consent;
  }
  return { is: 'failed', reason: 'unavailable' };
}
