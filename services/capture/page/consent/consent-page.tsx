import { Mark } from '../src/icons.tsx';
import { Sign } from '../src/screens/sign.tsx';
import type { ConsentConductor } from './conductor.ts';
import { screenOf } from './flow.ts';
import { Answered } from './screens/answered.tsx';
import { Ended } from './screens/ended.tsx';
import { Question } from './screens/question.tsx';
import { Withdrawing } from './screens/withdrawing.tsx';
import type { SayConsent } from './texts/catalogues.ts';

/** What every screen has. */
export interface ConsentProps {
  readonly conductor: ConsentConductor;
  readonly say: SayConsent;
}

/** The whole page: who asks, and the screen of the moment. */
export function ConsentPage(props: ConsentProps) {
  const { conductor, say } = props;
  const { state } = conductor;
  const consent = 'consent' in state ? state.consent : undefined;
  return (
    <div class="card" data-state={state.at}>
      <header>
        <span class="who">
          {consent === undefined ? null : <Sign name={consent.application_name} logo={consent.logo_url} />}
          <span>{consent?.application_name}</span>
        </span>
      </header>
      <main>
        <Screen key={screenOf(state)} {...props} />
      </main>
      <footer>
        <span>{say('powered_by')}</span> <Mark /> <b>Selfsame</b>
      </footer>
    </div>
  );
}

function Screen(props: ConsentProps) {
  const { state } = props.conductor;
  switch (state.at) {
    case 'question':
      return <Question state={state} {...props} />;
    case 'answered':
      return <Answered state={state} {...props} />;
    case 'withdrawing':
      return <Withdrawing state={state} {...props} />;
    case 'ended':
      return <Ended state={state} {...props} />;
  }
}
