import { canLeave } from './flow.ts';
import { CloseIcon, Mark } from './icons.tsx';
import type { PageProps } from './page-props.ts';
import { isEmbedded } from './parent-events.ts';
import { Screen } from './screens/screen.tsx';
import { Sign } from './screens/sign.tsx';
import type { State } from './states.ts';

/** The whole page: who asks, how far one is, the screen of the moment, and the way out. */
export function App(props: PageProps) {
  const { conductor, say } = props;
  const { state } = conductor;
  const session = 'session' in state ? state.session : undefined;
  return (
    <div class="card" data-state={state.at} data-embedded={isEmbedded() ? '' : undefined}>
      <header>
        <span class="who">
          {session === undefined ? null : <Sign name={session.application_name} logo={session.logo_url} />}
          <span>{session?.application_name}</span>
        </span>
        {canLeave(state) ? (
          <button type="button" class="quiet" onClick={() => conductor.send({ is: 'leave' })}>
            {say('leave')}
            <CloseIcon />
          </button>
        ) : null}
      </header>
      {session === undefined || session.hides_progress ? null : (
        <div class="way" aria-hidden="true">
          <div style={{ inlineSize: `${shareOf(state) * 100}%` }} />
        </div>
      )}
      <main>
        <Screen {...props} />
      </main>
      <footer>
        <span>{say('powered_by')}</span> <Mark /> <b>Selfsame</b>
      </footer>
    </div>
  );
}

/** How much of the way is done, 0..1, for eyes only. */
function shareOf({ at }: State): number {
  if (at === 'verdict' || at === 'finished') return 1;
  if (at === 'sending' || at === 'stuck' || at === 'deciding') return 0.8;
  return at === 'looking' || at === 'again' || at === 'following' ? 0.5 : 0.2;
}
