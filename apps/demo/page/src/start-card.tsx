import { useState } from 'preact/hooks';
import type { Attempt } from './server.ts';

type Begin = (purpose: Attempt['purpose'], handle: string, embedded: boolean) => Promise<void>;

/** Who is signed in, and the same question again: a bank would ask it before a payment. */
export function SignedInCard(props: { account: string; begin: Begin; signOut(): void }) {
  return (
    <>
      <h2>Welcome, {props.account}.</h2>
      <p class="quiet">You are signed in. The selfie was your password, and it is already gone.</p>
      <div class="buttons">
        <button type="button" class="secondary" onClick={() => props.begin('sign_in', props.account, false)}>
          Confirm with a selfie
        </button>
        <button type="button" class="plain" onClick={props.signOut}>
          Sign out
        </button>
      </div>
    </>
  );
}

/** One field, two ways to go on. */
export function StartCard(props: { begin: Begin }) {
  const [handle, setHandle] = useState('');
  const [embedded, setEmbedded] = useState(false);
  const [busy, setBusy] = useState(false);

  async function go(purpose: Attempt['purpose']) {
    setBusy(true);
    await props.begin(purpose, handle, embedded);
    setBusy(false);
  }

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const button = event.submitter;
        void go(button instanceof HTMLButtonElement && button.value === 'sign_in' ? 'sign_in' : 'create');
      }}
    >
      <h2>Who are you?</h2>
      <p class="quiet">New here: create an account once. After that, a selfie is enough.</p>

      <label class="field">
        Your name or e-mail
        <input
          name="handle"
          value={handle}
          onInput={(event) => setHandle(event.currentTarget.value)}
          autocomplete="username"
          autocapitalize="none"
          spellcheck={false}
          required
          minLength={2}
          maxLength={64}
          placeholder="ada@example.com"
        />
      </label>

      <div class="buttons">
        <button type="submit" class="primary" name="purpose" value="create" disabled={busy}>
          Create account
        </button>
        <button type="submit" class="secondary" name="purpose" value="sign_in" disabled={busy}>
          Sign in with a selfie
        </button>
      </div>

      <label class="option">
        <input
          type="checkbox"
          name="embedded"
          checked={embedded}
          onChange={(event) => setEmbedded(event.currentTarget.checked)}
        />
        Stay on this page and show the check in a frame
      </label>
    </form>
  );
}
