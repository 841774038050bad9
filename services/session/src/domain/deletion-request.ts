import type { FieldErrors } from './fields.ts';
import { isObject, readFields } from './fields.ts';

/** What an application wants to become of a session's person when it deletes the session. */
export interface DeletionRequest {
  /** The subject's enrolled face stays. */
  readonly keepsFace: boolean;
  /** When it is to be forgotten; null: not by itself. */
  readonly faceUntil: Date | null;
  /** The person is to be erased: every session, everywhere. */
  readonly isErasure: boolean;
  /** The application's own name for this instruction. */
  readonly instructionId: string | null;
}

/** What becomes of the face. */
export type FaceOutcome = 'retained_with_user' | 'deleted' | 'none' | 'ineligible_no_vendor_user';

const instructions = ['operational_session_delete', 'privacy_erasure'] as const;
const maxFaceDays = 3_650;
const dayMs = 86_400_000;

/** Reads the body of `DELETE …/delete/`. */
export function readDeletionRequest(
  body: unknown,
  now: Date,
): { request: DeletionRequest } | { errors: FieldErrors } {
  if (!isObject(body)) return { errors: { non_field_errors: ['Invalid data. Expected a dictionary.'] } };
  const fields = readFields(body);
  const isErasure = fields.choice('deletion_instruction', instructions) === 'privacy_erasure';
  const keepsFace = fields.flag('retain_face_embeddings') ?? !isErasure;
  const days = fields.integer('face_retention_days', 1, maxFaceDays);
  const deadline = readDeadline(fields.text('face_retention_deadline', { max: 40 }), now);
  if (deadline === 'invalid') {
    fields.refuse('face_retention_deadline', [
      `Expected an ISO 8601 time with its zone, in the future and at most ${maxFaceDays} days away.`,
    ]);
  }
  if (days !== undefined && deadline !== undefined) {
    fields.refuse('face_retention_deadline', ['Name either days or a deadline.']);
  }
  if (isErasure && keepsFace) {
    fields.refuse('retain_face_embeddings', ['A privacy_erasure leaves no face behind.']);
  }
  if (!keepsFace && (days !== undefined || deadline !== undefined)) {
    const field = days === undefined ? 'face_retention_deadline' : 'face_retention_days';
    fields.refuse(field, ['The face is not retained.']);
  }
  const instructionId = fields.text('instruction_id', { max: 128 }) || null;
  if (Object.keys(fields.errors).length > 0) return { errors: fields.errors };
  const faceUntil =
    days === undefined ? (deadline as Date | undefined) : new Date(now.getTime() + days * dayMs);
  return { request: { keepsFace, faceUntil: faceUntil ?? null, isErasure, instructionId } };
}

function readDeadline(text: string | undefined, now: Date): Date | undefined | 'invalid' {
  if (text === undefined || text === '') return undefined;
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(text)) return 'invalid';
  const time = new Date(text).getTime();
  return time > now.getTime() && time <= now.getTime() + maxFaceDays * dayMs ? new Date(time) : 'invalid';
}

/** Which sessions a batch is about. */
export type BatchDeletion = { readonly numbers: readonly number[] } | { readonly all: true };

/** More than this in one request are refused. */
export const maxBatch = 1_000;

/** Reads the body of `POST /v3/sessions/delete/`. @returns undefined when it selects nothing */
export function readBatchDeletion(
  body: unknown,
): { batch: BatchDeletion } | { errors: FieldErrors } | undefined {
  const fields = readFields(isObject(body) ? body : {});
  const items = fields.array('session_numbers');
  const all = fields.flag('delete_all');
  if (Object.keys(fields.errors).length > 0) return { errors: fields.errors };
  if (all === true) {
    if (items === undefined || items.length === 0) return { batch: { all } };
    return { errors: { delete_all: ['Name either session_numbers or delete_all.'] } };
  }
  if (items === undefined || items.length === 0) return undefined;
  if (items.length > maxBatch) {
    return { errors: { session_numbers: [`Ensure this field has no more than ${maxBatch} elements.`] } };
  }
  const numbers = items.map(readNumber);
  if (!numbers.every((number) => number !== undefined)) {
    return { errors: { session_numbers: ['Every item must be a session number, as digits.'] } };
  }
  return { batch: { numbers: [...new Set(numbers)] } };
}

function readNumber(item: unknown): number | undefined {
  const number = typeof item === 'string' && /^\d{1,15}$/.test(item) ? Number(item) : item;
  return typeof number === 'number' && Number.isSafeInteger(number) && number > 0 ? number : undefined;
}
