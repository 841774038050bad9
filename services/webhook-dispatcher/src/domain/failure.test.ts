import { describe, expect, test } from 'vitest';
import { describeFailure } from './failure.ts';

const say = (responseStatus: number | null, error: string | null, timeoutMs = 5_000) =>
  describeFailure({ responseStatus, error }, timeoutMs);

describe('an owner reads why an attempt failed', () => {
  test.each([
    [200, null, null],
    [204, null, null],
    [301, null, 'The receiver answered 301: redirects are not followed'],
    [404, null, 'The receiver answered 404'],
    [410, null, 'The receiver answered 410: it says that it is gone for good'],
    [429, null, 'The receiver answered 429: too many requests'],
    [503, null, 'The receiver answered 503'],
    [null, 'timeout', 'No answer within 5 seconds'],
    [null, 'address_refused', 'The address is one that webhooks never go to'],
    [null, 'ENOTFOUND', 'The name could not be found'],
    [null, 'ECONNREFUSED', 'The connection was refused'],
    [null, 'ECONNRESET', 'The connection was cut before an answer came'],
    [null, 'connection_closed', 'The connection was cut before an answer came'],
    [null, 'not_http', 'The answer is not valid HTTP'],
    [null, 'not_signed', 'The webhook could not be signed: the destination needs a new secret'],
    [null, 'CERT_HAS_EXPIRED', 'The certificate has expired'],
    [null, 'DEPTH_ZERO_SELF_SIGNED_CERT', 'The certificate is signed by itself'],
    [null, 'ERR_TLS_CERT_ALTNAME_INVALID', 'The certificate is for another name'],
    [null, 'ERR_SSL_WRONG_VERSION_NUMBER', 'The TLS handshake failed'],
    [null, 'CERT_SIGNATURE_FAILURE', 'The certificate is not trusted'],
    [null, 'HPE_INVALID_CONSTANT', 'The answer is not valid HTTP'],
    [null, 'ESOMETHING', 'No answer came (ESOMETHING)'],
    [null, null, 'No answer came'],
  ])('%s %s: %s', (status, error, words) => {
    expect(say(status, error)).toBe(words);
  });

  test('with the time limit that there is', () => {
    expect(say(null, 'timeout', 1_000)).toBe('No answer within 1 second');
    expect(say(null, 'timeout', 2_500)).toBe('No answer within 2.5 seconds');
  });
});
