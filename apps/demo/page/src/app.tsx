import { useState } from 'preact/hooks';
import { AttemptCard } from './attempt-card.tsx';
import { type Flow, useFlow } from './flow.ts';
import { Frame } from './frame.tsx';
import { Integrate } from './integrate.tsx';
import { useWebhooks } from './live.ts';
import type { Attempt } from './server.ts';
import { SignedInCard, StartCard } from './start-card.tsx';
import { Webhooks } from './webhooks.tsx';

/** The whole page: who you are, what you can do, what arrives, and how to build the same. */
export function App() {
  const { rows, connected } = useWebhooks();
  const flow = useFlow(rows);
  const [framed, setFramed] = useState<Attempt | null>(null);
  const { me } = flow;

  // Cookies belong to one host name, and the way back from the hosted page leads to the configured one.
  if (me && isLoopback(location.hostname) && new URL(me.publicUrl).host !== location.host) {
    if (isLoopback(new URL(me.publicUrl).hostname)) location.replace(`${me.publicUrl}/`);
  }

  async function begin(purpose: Attempt['purpose'], handle: string, embedded: boolean) {
    const attempt = await flow.start(purpose, handle, embedded);
    if (attempt && embedded) setFramed(attempt);
    else if (attempt) location.assign(attempt.url);
  }

  return (
    <>
      <header class="bar">
        <a class="brand" href="/demo/">
          <Mark />
          Selfsame <span class="quiet">demo</span>
        </a>
        {me?.account && (
          <div class="who">
            <span class="who-name" data-testid="signed-in">
              {me.account}
            </span>
            <button type="button" class="link" onClick={flow.signOut}>
              Sign out
            </button>
          </div>
        )}
      </header>

      <main>
        <section class="hero">
          <div>
            <h1>Sign in with one selfie.</h1>
            <p>
              This is a shop with its own user table. It asks Selfsame, by the public API alone, whether you
              are the person who opened the account.
            </p>
          </div>
          <Same />
        </section>

        <div class="columns">
          <div class="card action">
            {me === null && !flow.error && <p class="quiet">Loading…</p>}
            {flow.error && (
              <p class="error" role="alert">
                {flow.error}
              </p>
            )}
            {me && <Action flow={flow} framed={framed !== null} begin={begin} />}
          </div>
          <Webhooks rows={rows} connected={connected} mine={me?.attempt?.sessionId ?? flow.done?.sessionId} />
        </div>

        <Integrate baseUrl={me?.baseUrl ?? ''} />
      </main>

      {framed && (
        <Frame
          url={framed.url}
          onClose={() => {
            setFramed(null);
            flow.returned();
          }}
        />
      )}
    </>
  );
}

function Action(props: {
  flow: Flow;
  framed: boolean;
  begin(purpose: Attempt['purpose'], handle: string, embedded: boolean): Promise<void>;
}) {
  const { flow, framed, begin } = props;
  if (!framed && (flow.me?.attempt || flow.done)) return <AttemptCard flow={flow} begin={begin} />;
  if (flow.me?.account)
    return <SignedInCard account={flow.me.account} begin={begin} signOut={flow.signOut} />;
  return <StartCard begin={begin} />;
}

function isLoopback(hostname: string): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
}

function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 24" aria-hidden="true">
      <ellipse cx="11.5" cy="12" rx="8.5" ry="10.5" />
      <ellipse cx="20.5" cy="12" rx="8.5" ry="10.5" />
    </svg>
  );
}

/** The face on file and the face in front of the camera, laid over each other. */
function Same() {
  return (
    <svg class="same" viewBox="0 0 260 170" aria-hidden="true">
      <ellipse class="same-stored" cx="105" cy="85" rx="58" ry="74" />
      <ellipse class="same-live" cx="155" cy="85" rx="58" ry="74" />
      <path class="same-tick" d="M114 87 l12 12 l22 -26" />
    </svg>
  );
}
