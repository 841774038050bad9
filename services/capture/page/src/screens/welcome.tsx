import type { SessionView } from '../../../src/wire.ts';
import { ArrowIcon, FaceIcon, Hero, ScanIcon, ShieldIcon } from '../icons.tsx';
import type { Say } from '../texts/catalogue.ts';
import { Heading } from './heading.tsx';

/** What will happen, why, who asks, what is kept; the button is the consent. */
export function Welcome(props: { session: SessionView; say: Say; agree: () => void }) {
  const { session, say } = props;
  const values = { application: session.application_name };
  const title = session.matches
    ? 'welcome.title_match'
    : session.enrols
      ? 'welcome.title_enrol'
      : 'welcome.title_check';
  const steps = [
    { icon: <FaceIcon />, title: say('welcome.look.title'), body: say('welcome.look.body') },
    {
      icon: <ScanIcon />,
      title: say('welcome.check.title'),
      body: say(session.matches ? 'welcome.check_match' : 'welcome.check.body'),
    },
    {
      icon: <ArrowIcon />,
      title: say('welcome.finish.title'),
      body: say(session.callback === '' ? 'welcome.finish.body' : 'welcome.finish.named', values),
    },
  ];
  return (
    <>
      <div class="scroll welcome">
        <Hero />
        <p class="eyebrow">{say('welcome.asks', values)}</p>
        <Heading>{say(title)}</Heading>
        <ol class="steps">
          {steps.map((step) => (
            <li key={step.title}>
              <span class="badge">{step.icon}</span>
              <div>
                <h2>{step.title}</h2>
                <p>{step.body}</p>
              </div>
            </li>
          ))}
        </ol>
        <div class="privacy">
          <ShieldIcon />
          <div>
            <h2>{say('welcome.privacy_title')}</h2>
            <p>
              {say('welcome.not_kept')}{' '}
              {say(session.enrols ? 'welcome.template_kept' : 'welcome.only_result', values)}{' '}
              {say('welcome.compared', values)}
            </p>
          </div>
        </div>
      </div>
      <div class="actions">
        <button type="button" class="primary" onClick={props.agree}>
          {say('welcome.agree')}
        </button>
      </div>
    </>
  );
}
