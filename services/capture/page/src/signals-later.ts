import type { PageFacts, VisitRequest } from '../../src/wire.ts';
import type { VisitPurpose } from './look/device-key.ts';
import type { Moments } from './moments.ts';
import type { VisitSignals } from './signals/signals.ts';
import { within } from './within.ts';

/** How long the opening waits for the code that looks at the browser, and then for what it finds. */
const codeMs = 4_000;
const lookMs = 1_500;

/** What is found of the browser: everything works without it, and nobody waits for it for long. */
export interface Signals {
  /** What an opening tells. Never fails: a browser that tells hardly anything is let in as well. */
  visit(visitNonce: string, purpose: VisitPurpose): Promise<VisitRequest>;
  /** The camera comes: nothing new is looked at. */
  stop(): void;
  /** The user leaves before the session is opened: it is opened with hardly a word, so that it can be left. */
  abandon(): void;
  /** How the page was used until now. */
  behaviour(): PageFacts;
}

/** What every opening tells, whatever becomes of the code that looks further: the page ran. */
export function leastFacts(): PageFacts {
  return { 'page.user_agent': navigator.userAgent.slice(0, 512) };
}

/** The code comes behind the first screen, when the browser has nothing else to do, and only where a session is opened. */
export function signalsLater(moments: Moments): Signals {
  let isStopped = false;
  let known: VisitSignals | null = null;
  let loading: Promise<VisitSignals> | null = null;
  let abandon: () => void = () => undefined;

  async function load(): Promise<VisitSignals> {
    await idle();
    const { startSignals } = await import('./signals/signals.ts');
    known = startSignals(moments);
    if (isStopped) known.stop();
    return known;
  }

  return {
    async visit(visitNonce, purpose) {
      loading ??= load();
      const abandoned = new Promise<null>((resolve) => {
        abandon = () => resolve(null);
      });
      const told = within(loading, codeMs).then((signals) => signals?.visit(visitNonce, purpose, lookMs));
      const visit = await Promise.race([told, abandoned]);
      return { ...visit, facts: { ...leastFacts(), ...visit?.facts } };
    },
    abandon: () => abandon(),
    stop() {
      isStopped = true;
      known?.stop();
    },
    behaviour: () => known?.behaviour() ?? {},
  };
}

function idle(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof requestIdleCallback === 'function') requestIdleCallback(() => resolve(), { timeout: 500 });
    else setTimeout(resolve, 100);
  });
}
