/** What this service knows of another session that looks alike: by its face, device or address. */
export interface KnownSession {
  readonly number: number;
  /** null when that session was created without one */
  readonly vendorData: string | null;
  /** Title Case, as in the public contract. */
  readonly status: string;
  /** The standalone call that made the session; null for the hosted page. */
  readonly apiService: string | null;
  readonly verifiedAt: Date;
}
