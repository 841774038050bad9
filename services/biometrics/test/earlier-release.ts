import { createCipheriv, hkdfSync, randomBytes } from 'node:crypto';
import type { RowOwner, SealedTemplate } from '../src/domain/template.ts';
import { PLAIN_VERSION } from '../src/domain/template.ts';
import { EMBEDDING_SPACE } from '../src/pipeline/embedding.ts';

/** Seals an embedding as releases before key versions did. */
export function sealAsBefore(biometricKey: Buffer, owner: RowOwner, embedding: Float32Array): SealedTemplate {
  const derive = (purpose: string, applicationId: string) =>
    Buffer.from(
      hkdfSync('sha256', biometricKey, '', `selfsame biometrics ${purpose} v1\0${applicationId}`, 32),
    );
  const keyId = derive('key id', '').toString('hex', 0, 8);
  const pipelineVersion = `${EMBEDDING_SPACE}.earlier`;
  const session = owner.kind === 'subject' ? null : owner.sessionId;
  const subject = owner.kind === 'reference' ? null : owner.subject;
  const candidate = owner.kind === 'candidate' ? [owner.candidateId] : [];
  const bound = [owner.kind, owner.applicationId, session, subject, keyId, pipelineVersion, EMBEDDING_SPACE];
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', derive('seal', owner.applicationId), nonce);
  cipher.setAAD(Buffer.from(JSON.stringify([...bound, ...candidate])));
  const bytes = Buffer.alloc(embedding.length * 4);
  for (const [index, value] of embedding.entries()) bytes.writeFloatLE(value, index * 4);
  const encrypted = Buffer.concat([cipher.update(bytes), cipher.final()]);
  const sealed = Buffer.concat([nonce, cipher.getAuthTag(), encrypted]);
  return { keyId, keyVersion: PLAIN_VERSION, pipelineVersion, embeddingSpace: EMBEDDING_SPACE, sealed };
}
