import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { Failure } from '@selfsame/runtime/errors';
import type { SealedTemplate, TemplateKey, TemplateOwner } from '../domain/template.ts';
import { createRecent } from '../protection/recent.ts';
import {
  createTransfer,
  createTransform,
  PROTECTED_BYTES,
  PROTECTED_FORMAT,
  type ProtectedTemplate,
  TRANSFORM_BYTES,
} from '../protection/transform.ts';

/** The only place that touches the biometric key, and the only one that turns embeddings into protected templates. */
export interface Vault {
  /** Names the key without telling it. */
  readonly keyId: string;
  /** How a person is called in our tables: a keyed hash, so that a dump names nobody. */
  subjectOf(applicationId: string, vendorData: string): string;
  /** An embedding under one key version: the only form in which faces are compared. */
  protect(key: TemplateKey, embedding: Float32Array): ProtectedTemplate;
  /** Takes a template from one key version of its application to another. */
  rekey(from: TemplateKey, to: TemplateKey, template: ProtectedTemplate): ProtectedTemplate;
  seal(owner: TemplateOwner, key: TemplateKey, template: ProtectedTemplate, made: Made): SealedTemplate;
  /** @throws Failure `template_unopenable` when it was altered, moved to another owner or sealed by another key */
  open(owner: TemplateOwner, key: TemplateKey, template: SealedTemplate): ProtectedTemplate;
  /** An embedding that an earlier release sealed as it was. @throws Failure `template_unopenable` */
  openPlain(owner: TemplateOwner, template: SealedTemplate): Float32Array;
}

/** By which models a template was made. */
type Made = Pick<SealedTemplate, 'pipelineVersion' | 'embeddingSpace'>;

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** A seal key takes a few hundred bytes; the index opens rows of every application. */
const SEAL_KEYS_MAX = 10_000;
/** A transform takes 2 ms to make: about a thousand applications may look at faces in turn before it is made again. */
const TRANSFORM_MEMORY_MAX = 256 * 2 ** 20;
const TRANSFORMS_MAX = Math.floor(TRANSFORM_MEMORY_MAX / TRANSFORM_BYTES);
/** Only faces on lists are taken from key to key, one application after the other. */
const TRANSFERS_MAX = 2;

/**
 * Keys come from the biometric key (HKDF-SHA-256, RFC 5869) for each purpose and application, those of templates also
 * from the salt of the key version: one that leaks opens nothing else, and with the salt a version's keys are gone.
 * Templates are sealed with AES-256-GCM (NIST SP 800-38D); owner, key version and making are authenticated with them.
 * @param biometricKey 32 bytes
 */
export function createVault(biometricKey: Buffer): Vault {
  const derive = (purpose: string, applicationId: string, salt: Buffer | '' = '') =>
    Buffer.from(
      hkdfSync('sha256', biometricKey, salt, `selfsame biometrics ${purpose} v1\0${applicationId}`, 32),
    );
  const keyId = derive('key id', '').toString('hex', 0, 8);

  const templateKey = (purpose: string, { applicationId, version, salt }: TemplateKey) =>
    derive(`template ${purpose} ${version}`, applicationId, salt);
  const transformKey = (key: TemplateKey) => templateKey(PROTECTED_FORMAT, key);

  const transfers = createRecent<(template: ProtectedTemplate) => ProtectedTemplate>(TRANSFERS_MAX);
  const transforms = createRecent<(embedding: Float32Array) => ProtectedTemplate>(TRANSFORMS_MAX);
  const sealKeys = createRecent<Buffer>(SEAL_KEYS_MAX);
  const nameOf = ({ applicationId, version, salt }: TemplateKey) =>
    [applicationId, version, salt.toString('base64')].join('\0');
  const sealKey = (key: TemplateKey) => sealKeys(nameOf(key), () => templateKey('seal', key));

  return {
    keyId,
    subjectOf: (applicationId, vendorData) =>
      createHmac('sha256', derive('subject', applicationId)).update(vendorData).digest('hex'),

    protect: (key, embedding) => transforms(nameOf(key), () => createTransform(transformKey(key)))(embedding),

    rekey(from, to, template) {
      if (from.applicationId !== to.applicationId) throw new Error('a template for another application');
      const versions = [from, to].map(({ version, salt }) => `${version} ${salt.toString('base64')}`);
      const transfer = transfers([from.applicationId, ...versions].join('\0'), () =>
        createTransfer(transformKey(from), transformKey(to)),
      );
      return transfer(template);
    },

    seal(owner, key, template, { pipelineVersion, embeddingSpace }) {
      requireSameApplication(owner, key);
      const by = { keyId, keyVersion: key.version, pipelineVersion, embeddingSpace };
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, sealKey(key), nonce);
      cipher.setAAD(context(owner, by));
      const encrypted = Buffer.concat([cipher.update(template), cipher.final()]);
      return { ...by, sealed: Buffer.concat([nonce, cipher.getAuthTag(), encrypted]) };
    },

    open(owner, key, template) {
      requireSameApplication(owner, key);
      const bytes = decrypt(sealKey(key), context(owner, template), template.sealed);
      if (bytes.length !== PROTECTED_BYTES) throw unopenable();
      return new Int8Array(bytes);
    },

    openPlain(owner, template) {
      const key = derive('seal', owner.applicationId);
      return fromBytes(decrypt(key, plainContext(owner, template), template.sealed));
    },
  };
}

function decrypt(key: Buffer, context: Buffer, sealed: Buffer): Buffer {
  try {
    const decipher = createDecipheriv(CIPHER, key, sealed.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(context);
    decipher.setAuthTag(sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
    const encrypted = sealed.subarray(NONCE_BYTES + TAG_BYTES);
    return Buffer.concat([decipher.update(encrypted), decipher.final()]);
  } catch (cause) {
    throw unopenable(cause);
  }
}

function unopenable(cause?: unknown): Failure {
  return new Failure('internal', 'template_unopenable', 'A stored template could not be opened.', { cause });
}

function requireSameApplication(owner: TemplateOwner, key: TemplateKey): void {
  if (owner.applicationId !== key.applicationId)
    throw new Error('a template under the key of another application');
}

/** The additional data: one unambiguous text of everything that a template is bound to. */
function context(owner: TemplateOwner, by: Omit<SealedTemplate, 'sealed'>): Buffer {
  const made = [PROTECTED_FORMAT, by.keyId, by.keyVersion, by.pipelineVersion, by.embeddingSpace];
  return Buffer.from(JSON.stringify([...made, owner.kind, owner.applicationId, ...ownerNames(owner)]));
}

function ownerNames(owner: TemplateOwner): string[] {
  switch (owner.kind) {
    case 'subject':
      return [owner.subject];
    case 'reference':
      return [owner.sessionId];
    case 'candidate':
      return [owner.sessionId, owner.candidateId, owner.subject];
    case 'list_entry':
      return [owner.listId, owner.entryId];
  }
}

/** As releases before key versions bound it. */
function plainContext(owner: TemplateOwner, by: SealedTemplate): Buffer {
  const session = owner.kind === 'reference' || owner.kind === 'candidate' ? owner.sessionId : null;
  const subject = owner.kind === 'subject' || owner.kind === 'candidate' ? owner.subject : null;
  const made = [by.keyId, by.pipelineVersion, by.embeddingSpace];
  const candidate = owner.kind === 'candidate' ? [owner.candidateId] : [];
  return Buffer.from(
    JSON.stringify([owner.kind, owner.applicationId, session, subject, ...made, ...candidate]),
  );
}

/** Little-endian float32, whatever the machine. */
function fromBytes(bytes: Buffer): Float32Array {
  return Float32Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(index * 4));
}
