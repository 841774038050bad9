import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Failure } from '@selfsame/runtime/errors';
import type { Face, Told } from './hill-climber.ts';
import type { OracleWorld } from './oracle-world.ts';
import { pictureOf } from './oracle-world.ts';

/** The page's own limit on uploads of one session at once, under which the client stays. */
const uploadsPerSession = 9;
const grantsPerSession = 2_500;

/** What a client got out of one try. */
interface Heard {
  readonly told: Told;
  /** Everything that it saw: status, headers with their sizes, body. Ids and times are made equal. */
  readonly transcript: string;
}

/** A stranger with a browser's abilities. */
export interface HostileClient {
  /** Sends a picture as the page does; uploads wait for each other. */
  upload(face: Face, options?: { isDark?: boolean; isFresh?: boolean }): Promise<Heard>;
  /** Asks what an upload asks first; where a look is granted, the picture goes the whole way. */
  askForGrant(face: Face): Promise<Heard>;
  /** Opens the page. */
  enter(): Promise<string>;
}

/** New sessions of one user whenever it likes, each with a link of its own. How long an answer took is not looked at. */
export function createHostileClient(world: OracleWorld, vendorData: string): HostileClient {
  let session: ReturnType<OracleWorld['newSession']> | null = null;
  let uses = 0;
  let lastUpload: Promise<unknown> = Promise.resolve();

  function link(usesMax: number): ReturnType<OracleWorld['newSession']> {
    if (session === null || uses >= usesMax) {
      session = world.newSession(vendorData);
      uses = 0;
    }
    uses += 1;
    return session;
  }

  async function send(face: Face, isDark: boolean): Promise<Heard> {
    const { token } = await link(uploadsPerSession);
    const response = await fetch(`${world.pageUrl}/session/${token}/attempts/${randomUUID()}`, {
      method: 'POST',
      body: pictureOf(face, isDark),
      headers: { 'content-type': 'image/jpeg' },
    });
    const { body, transcript } = await read(response);
    const answer = JSON.parse(body);
    if (answer.result !== 'verdict') return { told: null, transcript };
    session = null;
    return { told: answer.status, transcript };
  }

  const upload: HostileClient['upload'] = (face, { isDark = false, isFresh = false } = {}) => {
    const sent = lastUpload.then(() => {
      if (isFresh) session = null;
      return send(face, isDark);
    });
    lastUpload = sent;
    return sent;
  };

  /** Tries of the same moment ask together. */
  let asking: Promise<(Failure | null)[]> | null = null;
  let asked: { tokenSha256: Buffer; attemptId: string }[] = [];

  async function ask(tokenSha256: Buffer): Promise<Failure | null> {
    const place = asked.push({ tokenSha256, attemptId: randomUUID() }) - 1;
    asking ??= nextTurn().then(() => {
      const together = asked;
      [asking, asked] = [null, []];
      return world.begin(together);
    });
    const refusals = await asking;
    return refusals[place] ?? null;
  }

  return {
    upload,
    async askForGrant(face) {
      const { tokenSha256 } = await link(grantsPerSession);
      const refusal = await ask(tokenSha256);
      if (refusal === null) return upload(face);
      return { told: null, transcript: `${refusal.kind} ${refusal.code} ${refusal.message}` };
    },
    async enter() {
      const { token } = await link(uploadsPerSession);
      return (await read(await fetch(`${world.pageUrl}/session/${token}/open`, { method: 'POST' })))
        .transcript;
    },
  };
}

async function read(response: Response): Promise<{ body: string; transcript: string }> {
  const body = await response.text();
  const headers = [...response.headers].map(([name, value]) => `${name}(${value.length})`);
  return { body, transcript: alike(`${response.status} ${headers.join(' ')} ${body}`) };
}

function alike(text: string): string {
  return (
    text
      // The time under an authentication code: what there is to sign, whatever was shown before.
      .replaceAll(/"visit_nonce":"[A-Za-z0-9_-]{40}"/g, '"visit_nonce":"<nonce>"')
      .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<id>')
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
  );
}
