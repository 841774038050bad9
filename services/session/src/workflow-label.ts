import { boundedValues } from '@selfsame/runtime/metrics';
import type { Session } from './domain/session.ts';

/** Versions of workflows that are told apart in metrics; later ones are counted together. */
const mostVersions = 100;
const bounded = boundedValues(mostVersions);

/** The version of a workflow as metrics name it: `wf_reauth@3`; `api` for a call that belongs to none. */
export function workflowLabel({ workflow }: Pick<Session, 'workflow'>): string {
  if (workflow.id === null) return 'api';
  return bounded(`${workflow.slug ?? workflow.id}@${workflow.version}`);
}
