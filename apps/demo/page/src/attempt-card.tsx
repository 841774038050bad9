import { useEffect, useRef } from 'preact/hooks';
import { type Flow, OPEN } from './flow.ts';
import type { Attempt } from './server.ts';

interface Words {
  tone: 'good' | 'bad' | 'wait';
  title: string;
  text: string;
  /** The hosted page still takes a selfie under the same link. */
  resume?: boolean;
}

/** What a status means for the person, without scores and without blame. */
function words(attempt: Attempt): Words {
  const creating = attempt.purpose === 'create';
  switch (attempt.status) {
    case 'Approved':
      return creating
        ? {
            tone: 'good',
            title: 'Your account is ready.',
            text: `From now on, “${attempt.handle}” signs in with a selfie.`,
          }
        : { tone: 'good', title: `Hello, ${attempt.handle}.`, text: 'It is you. You are signed in.' };
    case 'Declined':
      return creating
        ? {
            tone: 'bad',
            title: 'That did not work.',
            text: 'The check could not confirm a live face, so no account was opened. Try again in better light.',
          }
        : {
            tone: 'bad',
            title: 'You are not signed in.',
            text: 'The selfie could not be matched with this account. Try again, or use another way to sign in.',
          };
    case 'In Review':
      return {
        tone: 'wait',
        title: 'A person will take a look.',
        text: 'The check was not sure enough to decide alone. This page goes on by itself once it is decided. You need not wait: you may start again.',
      };
    case 'Not Finished':
      return {
        tone: 'wait',
        title: 'You left before the selfie.',
        text: 'Nothing is lost: the same link still works.',
        resume: true,
      };
    case 'Resubmitted':
      return {
        tone: 'wait',
        title: 'One step is asked for again.',
        text: 'A reviewer needs another selfie. The same link works.',
        resume: true,
      };
    case 'Expired':
    case 'Abandoned':
      return { tone: 'bad', title: 'The link has lapsed.', text: 'It was open for too long. Start again.' };
    default:
      return {
        tone: 'wait',
        title: 'Your selfie is still to come.',
        text: 'Go on where you were, or start again.',
        resume: true,
      };
  }
}

/** How the attempt of this browser stands, and the one thing to do next. */
export function AttemptCard(props: {
  flow: Flow;
  begin(purpose: Attempt['purpose'], handle: string, embedded: boolean): Promise<void>;
}) {
  const { me, done, hint, waiting, startOver } = props.flow;
  const attempt = me?.attempt ?? done;
  const heading = useRef<HTMLHeadingElement>(null);
  const state = waiting ? 'waiting' : attempt?.status;
  // Focus follows the state, so that a screen reader reads what changed.
  useEffect(() => heading.current?.focus(), [state]);
  if (!attempt) return null;

  // Approved counts when our server has finished it, not when the redirect says so.
  if (waiting || (attempt.status === 'Approved' && attempt !== done))
    return (
      <div class="outcome">
        <div class="spinner" aria-hidden="true" />
        <h2 ref={heading} tabIndex={-1}>
          Waiting for the webhook
        </h2>
        {hint && !OPEN.includes(hint) && (
          <p class="quiet">
            The redirect says <em>{hint}</em>, but anyone could type that into the address bar.
          </p>
        )}
        <p class="quiet">The signed message decides. If it is late, we ask the decision endpoint.</p>
        <a class="button secondary" href={attempt.url}>
          Back to the check
        </a>
      </div>
    );

  const { tone, title, text, resume } = words(attempt);
  return (
    <div class={`outcome ${tone}`} data-status={attempt.status} data-purpose={attempt.purpose}>
      <div class="emblem" aria-hidden="true">
        {tone === 'good' ? '✓' : tone === 'bad' ? '×' : '…'}
      </div>
      <h2 ref={heading} tabIndex={-1}>
        {title}
      </h2>
      <p>{text}</p>
      <div class="buttons">
        {resume && (
          <a class="button primary" href={attempt.url}>
            Continue
          </a>
        )}
        {attempt.status === 'Approved' && attempt.purpose === 'create' && (
          <button type="button" class="primary" onClick={() => props.begin('sign_in', attempt.handle, false)}>
            Sign in with a selfie
          </button>
        )}
        <button type="button" class={resume ? 'secondary' : 'plain'} onClick={startOver}>
          {tone === 'good' ? 'Done' : 'Start again'}
        </button>
      </div>
      <p class="proof">
        {attempt.confirmedBy === 'webhook' && 'Confirmed by a signed webhook'}
        {attempt.confirmedBy === 'decision' && 'Confirmed by the decision endpoint'}
        {attempt.confirmedBy === null && 'Not confirmed yet'}
        <span class="mono"> · session …{attempt.sessionId.slice(-8)}</span>
      </p>
    </div>
  );
}
