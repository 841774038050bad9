import { webcrypto } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { facePath } from '@selfsame/testing/assets';
import { waitFor } from '@selfsame/testing/wait';
import { type AttemptAnswer, hostedClient } from './hosted-client.ts';

/** Somebody with a face and a browser whose key cannot be copied, played without a browser. */
export interface Person {
  /** Opens the link of a session and looks into the camera; where a service is restarting comes again, as the page does. */
  look(sessionUrl: string, photo: string): Promise<AttemptAnswer>;
  /** Opens the link of a consent. */
  read(consentUrl: string): Promise<ConsentView>;
  /** Answers what the link shows now. */
  answer(
    consentUrl: string,
    answer: 'agree' | 'refuse' | 'withdraw',
  ): Promise<{ status: number; body: ConsentView }>;
}

/** As the consent page gets it. */
export interface ConsentView {
  consent_id: string;
  status: string;
  nonce: string;
  text_sha256: string;
  language: string;
  text: { title: string; lines: { label: string; texts: string[] }[] };
}

const curve = { name: 'ECDSA', namedCurve: 'P-256' };

export async function somePerson(): Promise<Person> {
  const keys = await webcrypto.subtle.generateKey(curve, false, ['sign', 'verify']);
  const raw = await webcrypto.subtle.exportKey('raw', keys.publicKey);
  const publicKey = Buffer.from(raw).toString('base64url');

  async function sign(text: string) {
    const algorithm = { name: 'ECDSA', hash: 'SHA-256' };
    const signature = await webcrypto.subtle.sign(algorithm, keys.privateKey, Buffer.from(text));
    return { public_key: publicKey, signature: Buffer.from(signature).toString('base64url') };
  }

  const read: Person['read'] = async (consentUrl) => {
    const response = await fetch(`${consentUrl}/state?language=en`, { signal: AbortSignal.timeout(15_000) });
    const body = (await response.json()) as ConsentView;
    if (!response.ok) throw new Error(`the consent page answered ${response.status} ${JSON.stringify(body)}`);
    return body;
  };

  return {
    async look(sessionUrl, photo) {
      const page = hostedClient(sessionUrl);
      const face = await readFile(facePath(photo));
      const again = { timeoutMs: 20_000, intervalMs: 200 };
      await waitFor('the page opens', () => page.open(), again);
      const taken = async () => {
        const answer = await page.attempt(face);
        return answer.httpStatus === 503 ? undefined : answer;
      };
      return waitFor('the look is taken', taken, again);
    },
    read,
    async answer(consentUrl, answer) {
      const { nonce, text_sha256, language } = await read(consentUrl);
      const proof = await sign(`${nonce}.${text_sha256}.${answer}`);
      const response = await fetch(`${consentUrl}/answer`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ answer, nonce, text_sha256, language, proof, shown_ms: 4_000 }),
        signal: AbortSignal.timeout(15_000),
      });
      return { status: response.status, body: (await response.json()) as ConsentView };
    },
  };
}
