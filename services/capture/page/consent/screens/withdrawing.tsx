import { DoorIcon } from '../../src/icons.tsx';
import { Heading } from '../../src/screens/heading.tsx';
import type { ConsentProps } from '../consent-page.tsx';
import type { StateAt } from '../flow.ts';
import { Choice } from './choice.tsx';

/** Asked back once: what withdrawing does, and what it does not undo. */
export function Withdrawing({ state, conductor, say }: ConsentProps & { state: StateAt<'withdrawing'> }) {
  const { consent, isSending, problem } = state;
  return (
    <>
      <div class="scroll notice">
        <div class="symbol calm">
          <DoorIcon />
        </div>
        <Heading>{say('withdraw.title')}</Heading>
        <p>{say('withdraw.body', { audience: consent.audience_name })}</p>
      </div>
      <div class="actions">
        <Choice
          options={[
            { text: say('withdraw.confirm'), act: 'withdraw' },
            { text: say('withdraw.keep'), act: 'keep' },
          ]}
          tongue={{}}
          isHeld={!conductor.isArmed}
          isSending={isSending}
          problem={problem}
          say={say}
          act={conductor.act}
        />
      </div>
    </>
  );
}
