import '../style/ways.css';
import type { ComponentChildren } from 'preact';
import { ArrowIcon, CameraIcon, DoorIcon, PhoneIcon, SparkIcon, TurnIcon } from '../icons.tsx';
import { alternatives } from '../methods.ts';
import type { FlowEvent, StateAt } from '../states.ts';
import type { Say } from '../texts/catalogue.ts';
import { useEscape } from './escape.ts';
import { Heading } from './heading.tsx';

const icons = { PASSIVE: <CameraIcon />, FLASHING: <SparkIcon />, ACTIVE_3D: <TurnIcon /> };

/** Every other way through: no need of a body, a device or a lamp ends here. */
export function OtherWay(props: { state: StateAt<'otherway'>; say: Say; send: (event: FlowEvent) => void }) {
  const { state, say, send } = props;
  const { session } = state;
  const application = session.application_name;
  const back = () => send({ is: 'back' });
  useEscape(back);
  return (
    <>
      <div class="scroll ways">
        <Heading>{say('other_way.title')}</Heading>
        <p>{say('other_way.body')}</p>
        <ul>
          {alternatives(state).map((other) => (
            <Way
              key={other}
              icon={icons[other]}
              title={say(`other_way.${other}.title`)}
              body={say(`other_way.${other}.body`)}
              act={() => send({ is: 'method', method: other })}
            />
          ))}
          <Way
            icon={<PhoneIcon />}
            title={say('other_way.device.title')}
            body={say('other_way.device.body')}
            act={() => send({ is: 'handoff' })}
          />
          {session.fallback_url === '' ? null : (
            <Way
              icon={<DoorIcon />}
              title={say('other_way.fallback.title')}
              body={say('other_way.fallback.body', { application })}
              href={session.fallback_url}
            />
          )}
        </ul>
      </div>
      <div class="actions">
        <button type="button" class="secondary" onClick={back}>
          {say('other_way.back')}
        </button>
      </div>
    </>
  );
}

function Way(props: {
  icon: ComponentChildren;
  title: string;
  body: string;
  act?: () => void;
  href?: string;
}) {
  const words = (
    <>
      <span class="badge">{props.icon}</span>
      <span class="words">
        <b>{props.title}</b>
        <span>{props.body}</span>
      </span>
      <ArrowIcon />
    </>
  );
  return (
    <li>
      {props.href === undefined ? (
        <button type="button" class="way-on" onClick={props.act}>
          {words}
        </button>
      ) : (
        <a class="way-on" href={props.href} rel="noreferrer">
          {words}
        </a>
      )}
    </li>
  );
}
