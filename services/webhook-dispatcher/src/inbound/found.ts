import { Failure } from '@selfsame/runtime/errors';

/** What was looked for, or 404. */
export function found<T>(value: T | undefined): T {
  if (value === undefined) throw notFound();
  return value;
}

/** 404 in the contract's words. */
export function notFound(): Failure {
  return new Failure('not_found', 'not_found', 'Not found.');
}
