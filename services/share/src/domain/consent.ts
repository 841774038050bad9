/** As stored; an answer that is over by time is still stored as it was given. `ended`: the session is gone that it was about. */
export const consentStates = ['asked', 'given', 'refused', 'withdrawn', 'ended'] as const;

export type ConsentState = (typeof consentStates)[number];

/** As told. */
export type ConsentStatus = Exclude<ConsentState, 'ended'> | 'expired';

/** How it is known that a person agreed, weakest last. */
export const evidenceKinds = ['selfie_device', 'device_signature', 'declared_by_application'] as const;

export type EvidenceKind = (typeof evidenceKinds)[number];

/** What time makes of a consent, or the end of its session. */
export function statusAt(
  consent: { readonly state: ConsentState; readonly answerBy: Date; readonly validUntil: Date },
  now: Date,
): ConsentStatus {
  const { state, answerBy, validUntil } = consent;
  if (state === 'asked') return answerBy > now && validUntil > now ? 'asked' : 'expired';
  if (state === 'given') return validUntil > now ? 'given' : 'expired';
  return state === 'ended' ? 'expired' : state;
}
