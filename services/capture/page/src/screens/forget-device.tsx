import type { Forgetting } from '../states.ts';
import type { Say } from '../texts/catalogue.ts';

/** The way out of being recognised on this device, and what became of it. */
export function ForgetDevice(props: {
  forgetting: Forgetting | undefined;
  say: Say;
  forget: () => void;
  disabled?: boolean;
}) {
  const { forgetting, say, forget, disabled = false } = props;
  return (
    <>
      {forgetting === 'done' ? null : (
        <button type="button" class="quiet" onClick={forget} disabled={disabled || forgetting === 'asked'}>
          {say('device.forget')}
        </button>
      )}
      <p class="note" role="status" hidden={forgetting === undefined || forgetting === 'asked'}>
        {forgetting === 'done' ? say('device.forgotten') : null}
        {forgetting === 'failed' ? say('device.not_forgotten') : null}
      </p>
    </>
  );
}
