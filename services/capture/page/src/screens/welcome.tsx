import type { SessionView } from '../../../src/wire.ts';
import { ArrowIcon, FaceIcon, Hero, ScanIcon, ShieldIcon, SparkIcon, TurnIcon } from '../icons.tsx';
import { alternatives, hasOtherWays } from '../methods.ts';
import type { FlowEvent, StateAt, Surroundings } from '../states.ts';
import type { Say } from '../texts/catalogue.ts';
import { Heading } from './heading.tsx';

interface WelcomeProps {
  readonly state: StateAt<'welcome'>;
  readonly here: Surroundings;
  readonly say: Say;
  readonly send: (event: FlowEvent) => void;
}

const looks = { PASSIVE: <FaceIcon />, FLASHING: <SparkIcon />, ACTIVE_3D: <TurnIcon /> };

/**
 * What will happen, why, who asks, what is kept; the button is the consent. An application that skips the welcome skips
 * its explanations, never the consent.
 */
export function Welcome(props: WelcomeProps) {
  const { state, here, say, send } = props;
  const { session } = state;
  const application = session.application_name;
  return (
    <>
      <div class={session.skips_welcome ? 'scroll welcome brief' : 'scroll welcome'}>
        <Hero />
        {state.news === undefined ? null : (
          <p class="news">
            {say(state.news === 'offer_gone' ? 'offer.gone' : 'offer.forgotten', { application })}
          </p>
        )}
        <p class="eyebrow">{say('welcome.asks', { application })}</p>
        <Heading>{titleOf(props)}</Heading>
        {session.skips_welcome ? (
          <p class="look">{say(`welcome.look.${state.method}.body`)}</p>
        ) : (
          <Steps {...props} />
        )}
        <Choice {...props} />
        <Privacy {...props} />
      </div>
      <div class="actions">
        <p class="essence">{say(essenceOf(session), { application })}</p>
        <button type="button" class="primary" onClick={() => send({ is: 'agreed' })}>
          {say('welcome.agree')}
        </button>
        <div class="aside">
          {here.isDesktop ? (
            <button type="button" class="secondary" onClick={() => send({ is: 'handoff' })}>
              {say('handoff.open')}
            </button>
          ) : null}
          {hasOtherWays(state) ? (
            <button type="button" class="secondary" onClick={() => send({ is: 'other_way' })}>
              {say('other_way.open')}
            </button>
          ) : null}
        </div>
      </div>
    </>
  );
}

function titleOf({ state: { session }, say }: WelcomeProps): string {
  if (session.matches) return say('welcome.title_match');
  return say(session.enrols ? 'welcome.title_enrol' : 'welcome.title_check');
}

/** In one sentence, what is agreed to. */
function essenceOf({ enrols, retains_images }: SessionView) {
  if (retains_images) return enrols ? 'welcome.kept_essence_enrols' : 'welcome.kept_essence';
  return enrols ? 'welcome.essence_enrols' : 'welcome.essence';
}

function Steps({ state: { session, method }, say }: WelcomeProps) {
  const steps = [
    {
      icon: looks[method],
      title: say(`welcome.look.${method}.title`),
      body: say(`welcome.look.${method}.body`),
    },
    {
      icon: <ScanIcon />,
      title: say('welcome.check.title'),
      body: say(session.matches ? 'welcome.check_match' : 'welcome.check.body'),
    },
    {
      icon: <ArrowIcon />,
      title: say('welcome.finish.title'),
      body:
        session.callback === ''
          ? say('welcome.finish.body')
          : say('welcome.finish.named', { application: session.application_name }),
    },
  ];
  return (
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
  );
}

/** For whom the look of the moment is not: one tap to another one, before anything begins. */
function Choice({ state, say, send }: WelcomeProps) {
  const { method } = state;
  const gentle = alternatives(state).find((other) => other !== 'FLASHING');
  if (method === 'PASSIVE' || gentle === undefined) return null;
  const act = () => send(method === 'FLASHING' ? { is: 'method', method: gentle } : { is: 'other_way' });
  return (
    <button type="button" class="choice" onClick={act}>
      {say(method === 'FLASHING' ? 'welcome.sensitive' : 'welcome.cannot_turn')}
    </button>
  );
}

/** More about it, below what nobody should have to look for. */
function Privacy({ state: { session }, say }: WelcomeProps) {
  const { application_name: application, enrols, retains_images } = session;
  return (
    <div class="privacy">
      <ShieldIcon />
      <div>
        <h2>{say(retains_images ? 'welcome.kept_title' : 'welcome.privacy_title')}</h2>
        {retains_images ? <p>{say('welcome.kept_picture', { application })}</p> : null}
        {enrols ? (
          <p>{say(retains_images ? 'welcome.kept_template' : 'welcome.template_kept', { application })}</p>
        ) : null}
        {enrols || retains_images ? null : <p>{say('welcome.only_result')}</p>}
        <p>{say('welcome.compared', { application })}</p>
        <p>{say('welcome.recognised')}</p>
        {session.privacy_policy_url === '' ? null : (
          <a class="inline" href={session.privacy_policy_url} target="_blank" rel="noreferrer">
            {say('welcome.privacy_policy')}
          </a>
        )}
      </div>
    </div>
  );
}
