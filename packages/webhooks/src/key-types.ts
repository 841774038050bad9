/** An Ed25519 public key as a destination's `jwks.json` lists it (RFC 8037). */
export interface WebhookJwk {
  readonly kty: string;
  readonly crv?: string;
  /** 32 bytes, base64url. */
  readonly x?: string;
}

/**
 * One key: the destination's `secret_shared_key`, the same as `whsec_…`, its public key as `whpk_…`, a JWK, or the
 * whole `jwks.json`.
 */
export type WebhookKey = string | WebhookJwk | { readonly keys: readonly WebhookJwk[] };
