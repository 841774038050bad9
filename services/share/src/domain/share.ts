/** `kyc` for those who name an audience, `user` for those who name an application: one thing in two dialects. */
export type SessionKind = 'kyc' | 'user';

/** Why a share ended before its time. */
export type RevocationReason = 'application' | 'consent_withdrawn' | 'session_deleted' | 'subject_erased';

/** In the order of precedence: what was imported and is revoked later is revoked. */
export const shareStatuses = ['revoked', 'imported', 'expired', 'open'] as const;

export type ShareStatus = (typeof shareStatuses)[number];

/** What has become of a share. */
export function statusOf(
  share: {
    readonly imported_at: Date | null;
    readonly revoked_at: Date | null;
    readonly expires_at: Date;
  },
  now: Date,
): ShareStatus {
  if (share.revoked_at) return 'revoked';
  if (share.imported_at) return 'imported';
  return share.expires_at <= now ? 'expired' : 'open';
}

/**
 * When a share ends: so many seconds from now, and not after what allows it. Whole seconds, as tokens count.
 * @param latest end of the consent; null where none is needed
 */
export function expiryOf(now: Date, ttlSeconds: number, latest: Date | null): Date {
  const wanted = now.getTime() + ttlSeconds * 1_000;
  const end = latest === null ? wanted : Math.min(wanted, latest.getTime());
  return new Date(Math.floor(end / 1_000) * 1_000);
}
