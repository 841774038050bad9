import type { Appearance } from '@selfsame/contracts/session/v1/service';
import type { Context } from './context.ts';
import type { Session } from './domain/session.ts';

/** What an application says of the hosted page, whatever the session. */
export interface HostedPage {
  /** Another way that it offers its users; null when none. */
  readonly fallbackUrl: string | null;
  /** Origins that may embed the page; empty: any. */
  readonly allowedOrigins: readonly string[];
  /** How it looks; null: our own look. */
  readonly appearance: Appearance | null;
}

/** Reads what the application of a session says of its page. */
export async function hostedPage(_context: Context, _session: Session): Promise<HostedPage> {
  return { fallbackUrl: null, allowedOrigins: [], appearance: null };
}
