import type { SessionView } from '../../../src/wire.ts';
import { ArrowIcon, FaceIcon, Hero, ScanIcon, ShieldIcon } from '../icons.tsx';
import type { Texts } from '../texts/texts.ts';
import { Heading } from './heading.tsx';

/** What will happen, why, who asks, what is kept; the button is the consent. */
export function Welcome(props: { session: SessionView; texts: Texts; agree: () => void }) {
  const { session, texts } = props;
  const { welcome } = texts;
  const application = session.application_name;
  const title = session.matches
    ? welcome.titleMatch
    : session.enrols
      ? welcome.titleEnrol
      : welcome.titleCheck;
  const steps = [
    { icon: <FaceIcon />, title: welcome.look.title, body: welcome.look.body },
    {
      icon: <ScanIcon />,
      title: welcome.check.title,
      body: session.matches ? welcome.checkMatch : welcome.check.body,
    },
    {
      icon: <ArrowIcon />,
      title: welcome.finish.title,
      body: session.callback === '' ? welcome.finish.body : welcome.finish.named(application),
    },
  ];
  return (
    <>
      <div class="scroll welcome">
        <Hero />
        <p class="eyebrow">{welcome.asks(application)}</p>
        <Heading>{title}</Heading>
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
            <h2>{welcome.privacyTitle}</h2>
            <p>
              {welcome.notKept} {session.enrols ? welcome.templateKept(application) : welcome.onlyResult}{' '}
              {welcome.compared(application)}
            </p>
          </div>
        </div>
      </div>
      <div class="actions">
        <button type="button" class="primary" onClick={props.agree}>
          {welcome.agree}
        </button>
      </div>
    </>
  );
}
