import type { Confirmation } from './erasure.ts';

/** The type of a certificate, in the header of its signature. */
export const certificateType = 'selfsame-erasure-certificate+jwt';

/** What a certificate is about. */
export interface CertifiedErasure {
  readonly id: string;
  readonly applicationId: string;
  readonly userPid: string;
  readonly instructionId: string | null;
  readonly requestedAt: Date;
}

/** What is not the services' to remove, or goes by itself; docs/life-of-data.md says more. */
const elsewhere = [
  {
    where: 'audit log',
    why: 'Who called the API, when, and with which answer; ids of sessions, never a name. Lawful record.',
    ends: '365 days after the call',
  },
  {
    where: 'answers kept for repeated requests (Idempotency-Key)',
    why: 'Sealed under the API key of the caller, and read by no one else.',
    ends: '24 hours after the request',
  },
  {
    where: 'backups of the installation',
    why: 'They are made by whoever runs it, and age out by their rules.',
    ends: 'with the backups',
  },
  {
    where: 'receivers of webhooks, and partners who have imported a share',
    why: 'What was handed over before is theirs to erase.',
    ends: 'by their rules',
  },
] as const;

/**
 * The text of a certificate of erasure: which service has removed how much, what it keeps and why. It names the person by
 * pseudonym alone.
 */
export function certificateOf(
  erasure: CertifiedErasure,
  confirmations: readonly Confirmation[],
  { issuer, now }: { issuer: string; now: Date },
) {
  return {
    iss: issuer,
    iat: Math.floor(now.getTime() / 1000),
    erasure_id: erasure.id,
    application_id: erasure.applicationId,
    user_pid: erasure.userPid,
    instruction_id: erasure.instructionId,
    requested_at: erasure.requestedAt.toISOString(),
    erased_at: now.toISOString(),
    services: confirmations.map(({ service, confirmedAt, removed, kept }) => {
      return { service, confirmed_at: confirmedAt.toISOString(), removed, kept };
    }),
    not_covered: elsewhere,
  };
}
