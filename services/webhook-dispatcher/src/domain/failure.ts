/** What is known of an attempt that failed. */
export interface FailedAttempt {
  readonly responseStatus: number | null;
  /** Stable code when no answer came. */
  readonly error: string | null;
}

const noLookup = 'The name could not be looked up for the moment';
const cut = 'The connection was cut before an answer came';
const noHttp = 'The answer is not valid HTTP';
const unknownIssuer = 'The certificate’s chain is incomplete or its authority unknown';
const noHandshake = 'The TLS handshake failed';

const sentences: Readonly<Record<string, string>> = {
  address_refused: 'The address is one that webhooks never go to',
  malformed_url: 'The URL is not valid',
  not_signed: 'The webhook could not be signed: the destination needs a new secret',
  ENOTFOUND: 'The name could not be found',
  ENODATA: 'The name has no address',
  EAI_AGAIN: noLookup,
  ESERVFAIL: noLookup,
  too_many_lookups: noLookup,
  dns_timeout: 'The name could not be looked up in time',
  ECONNREFUSED: 'The connection was refused',
  ECONNRESET: cut,
  EPIPE: cut,
  connection_closed: cut,
  too_many_connections: 'Too many connections were open at once',
  client_closed: 'The attempt was broken off because the service stopped',
  ETIMEDOUT: 'The connection could not be made in time',
  EHOSTUNREACH: 'The host could not be reached',
  ENETUNREACH: 'The network of the receiver could not be reached',
  not_http: noHttp,
  headers_too_large: 'The headers of the answer are too large',
  CERT_HAS_EXPIRED: 'The certificate has expired',
  CERT_NOT_YET_VALID: 'The certificate is not valid yet',
  CERT_REVOKED: 'The certificate has been revoked',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'The certificate is signed by itself',
  SELF_SIGNED_CERT_IN_CHAIN: 'The certificate is signed by an authority that nobody knows',
  UNABLE_TO_GET_ISSUER_CERT: unknownIssuer,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownIssuer,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownIssuer,
  ERR_TLS_CERT_ALTNAME_INVALID: 'The certificate is for another name',
  EPROTO: noHandshake,
};

/** Codes that come in families, with the sentence of all. */
const families: readonly [RegExp, string][] = [
  [/^(?:ERR_SSL_|ERR_TLS_|SSL_)/, noHandshake],
  [/^(?:CERT_|UNABLE_TO_|.*_CERT$)/, 'The certificate is not trusted'],
  [/^(?:HPE_|UND_ERR_RES_)/, noHttp],
];

/**
 * Says in words why an attempt failed, for the owner of the destination.
 *
 * @param timeoutMs the time limit of an attempt
 * @returns null when it did not: the receiver answered 2xx
 */
export function describeFailure({ responseStatus, error }: FailedAttempt, timeoutMs: number): string | null {
  if (responseStatus !== null) return describeStatus(responseStatus);
  if (error === null) return 'No answer came';
  if (error === 'timeout') return `No answer within ${seconds(timeoutMs)}`;
  const sentence = sentences[error] ?? families.find(([pattern]) => pattern.test(error))?.[1];
  return sentence ?? `No answer came (${error})`;
}

function describeStatus(status: number): string | null {
  if (status >= 200 && status < 300) return null;
  const answered = `The receiver answered ${status}`;
  if (status >= 300 && status < 400) return `${answered}: redirects are not followed`;
  if (status === 410) return `${answered}: it says that it is gone for good`;
  if (status === 429) return `${answered}: too many requests`;
  return answered;
}

function seconds(ms: number): string {
  const count = Math.round(ms / 100) / 10;
  return count === 1 ? '1 second' : `${count} seconds`;
}
