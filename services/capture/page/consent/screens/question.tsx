import { Heading } from '../../src/screens/heading.tsx';
import type { ConsentProps } from '../consent-page.tsx';
import type { StateAt } from '../flow.ts';
import type { SayConsent } from '../texts/catalogues.ts';
import { Choice } from './choice.tsx';
import { Terms, tongueOf } from './terms.tsx';

/** What is asked, and the two answers below it: nothing is chosen beforehand. */
export function Question({ state, conductor, say }: ConsentProps & { state: StateAt<'question'> }) {
  const { consent, sending, problem, isChanged } = state;
  const { text } = consent;
  const tongue = tongueOf(consent);
  const cannotSign = conductor.canSign === false;
  return (
    <>
      <div class="scroll asked">
        {isChanged ? (
          <p class="news" role="status">
            {say('changed')}
          </p>
        ) : null}
        <p class="eyebrow">{say('asks', { application: consent.application_name })}</p>
        <Heading>
          <span {...tongue}>{text.title}</span>
        </Heading>
        <Terms consent={consent} />
        {consent.privacy_policy_url === '' ? null : (
          <a class="inline" href={consent.privacy_policy_url} target="_blank" rel="noreferrer">
            {say('welcome.privacy_policy')}
          </a>
        )}
      </div>
      <div class="actions">
        <div role="status">{cannotSign ? <NoKey say={say} /> : null}</div>
        <Choice
          options={[
            { text: text.agree, act: 'agree', isClosed: cannotSign },
            { text: text.refuse, act: 'refuse' },
          ]}
          tongue={tongue}
          isHeld={!conductor.isArmed}
          isSending={sending !== null}
          problem={problem}
          say={say}
          act={conductor.act}
        />
      </div>
    </>
  );
}

/** A browser that keeps no key can say no, and has a link for another one that can say yes. */
function NoKey({ say }: { say: SayConsent }) {
  return (
    <div class="no-key">
      <h2>{say('no_key.title')}</h2>
      <p>{say('no_key.body')}</p>
      <p>{say('trouble.unsupported.body')}</p>
      <label>
        {say('handoff.copy_by_hand')}
        <input
          dir="ltr"
          readOnly
          value={location.href}
          onFocus={({ currentTarget }) => currentTarget.select()}
        />
      </label>
    </div>
  );
}
