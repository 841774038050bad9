import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { Failure } from '@selfsame/runtime/errors';
import type { SealedTemplate, TemplateOwner } from '../domain/template.ts';

/** The only place that touches the biometric key. */
export interface Vault {
  /** Names the key without telling it. */
  readonly keyId: string;
  /** How a person is called in our tables: a keyed hash, so that a dump names nobody. */
  subjectOf(applicationId: string, vendorData: string): string;
  seal(owner: TemplateOwner, embedding: Float32Array, made: Made): SealedTemplate;
  /** @throws Failure `template_unopenable` when it was altered, moved to another owner or sealed by another key */
  open(owner: TemplateOwner, template: SealedTemplate): Float32Array;
}

/** By which models a template was made. */
type Made = Pick<SealedTemplate, 'pipelineVersion' | 'embeddingSpace'>;

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * AES-256-GCM under keys derived (HKDF-SHA-256) from the biometric key for each application and purpose: a key that
 * leaks from one derivation opens nothing else. The owner and the making are authenticated with the template.
 * @param biometricKey 32 bytes
 */
export function createVault(biometricKey: Buffer): Vault {
  const derive = (purpose: string, applicationId: string): Buffer =>
    Buffer.from(
      hkdfSync('sha256', biometricKey, '', `selfsame biometrics ${purpose} v1\0${applicationId}`, 32),
    );
  const keyId = derive('key id', '').toString('hex', 0, 8);

  return {
    keyId,
    subjectOf: (applicationId, vendorData) =>
      createHmac('sha256', derive('subject', applicationId)).update(vendorData).digest('hex'),

    seal(owner, embedding, made) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, derive('seal', owner.applicationId), nonce);
      cipher.setAAD(context(owner, { keyId, ...made }));
      const encrypted = Buffer.concat([cipher.update(toBytes(embedding)), cipher.final()]);
      const sealed = Buffer.concat([nonce, cipher.getAuthTag(), encrypted]);
      return { keyId, pipelineVersion: made.pipelineVersion, embeddingSpace: made.embeddingSpace, sealed };
    },

    open(owner, template) {
      const { sealed } = template;
      try {
        const key = derive('seal', owner.applicationId);
        const decipher = createDecipheriv(CIPHER, key, sealed.subarray(0, NONCE_BYTES), {
          authTagLength: TAG_BYTES,
        });
        decipher.setAAD(context(owner, template));
        decipher.setAuthTag(sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
        const encrypted = sealed.subarray(NONCE_BYTES + TAG_BYTES);
        return fromBytes(Buffer.concat([decipher.update(encrypted), decipher.final()]));
      } catch (cause) {
        throw new Failure('internal', 'template_unopenable', 'A stored template could not be opened.', {
          cause,
        });
      }
    },
  };
}

/** The additional data: one unambiguous text of everything that a template is bound to. */
function context(owner: TemplateOwner, by: Made & { keyId: string }): Buffer {
  const { kind, applicationId } = owner;
  const session = owner.kind === 'subject' ? null : owner.sessionId;
  const subject = owner.kind === 'reference' ? null : owner.subject;
  const made = [by.keyId, by.pipelineVersion, by.embeddingSpace];
  const candidate = owner.kind === 'candidate' ? [owner.candidateId] : [];
  return Buffer.from(JSON.stringify([kind, applicationId, session, subject, ...made, ...candidate]));
}

/** Little-endian float32, whatever the machine. */
function toBytes(values: Float32Array): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeFloatLE(value, index * 4);
  return bytes;
}

function fromBytes(bytes: Buffer): Float32Array {
  return Float32Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(index * 4));
}
