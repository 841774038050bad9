import type { SessionView } from '../../../src/wire.ts';
import type { Say } from '../texts/catalogue.ts';

/** The way without a selfie that the application offers; nothing where it offers none. */
export function Fallback({ session, say }: { session: SessionView | undefined; say: Say }) {
  if (session === undefined || session.fallback_url === '') return null;
  return (
    <a class="secondary" href={session.fallback_url} rel="noreferrer">
      {say('other_way.open')}
    </a>
  );
}
