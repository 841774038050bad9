import type { SessionPath } from './client.ts';
import type { Conductor } from './conductor.ts';
import type { Say } from './texts/catalogue.ts';

/** What the page and its screens are drawn from. */
export interface PageProps {
  readonly conductor: Conductor;
  readonly path: SessionPath;
  readonly say: Say;
}
