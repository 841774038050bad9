import type { ConsentAct } from '../conductor.ts';
import type { Problem } from '../flow.ts';
import type { SayConsent } from '../texts/catalogues.ts';

/** One of the two ways to answer. */
export interface Option {
  readonly text: string;
  readonly act: ConsentAct;
  /** Not in this browser. */
  readonly isClosed?: boolean;
}

/** Two answers that look alike, so that nobody is led to one; and what has become of the press. */
export function Choice(props: {
  options: readonly [Option, Option];
  tongue: { readonly lang?: string; readonly dir?: 'ltr' | 'rtl' };
  isHeld: boolean;
  isSending: boolean;
  problem: Problem | null;
  say: SayConsent;
  act: (act: ConsentAct) => void;
}) {
  const { options, tongue, isHeld, isSending, problem, say, act } = props;
  return (
    <>
      <p class="unsent" role="alert" hidden={problem === null}>
        {problem === null ? null : say(problem)}
      </p>
      <div class="answers">
        {options.map(({ text, act: own, isClosed = false }) => {
          const isOff = isHeld || isSending || isClosed;
          return (
            <button
              type="button"
              key={own}
              class="primary"
              aria-disabled={isOff}
              onClick={() => isOff || act(own)}
              {...tongue}
            >
              {text}
            </button>
          );
        })}
      </div>
      <p class="countdown" role="status">
        {isSending ? say('sending') : null}
      </p>
    </>
  );
}
