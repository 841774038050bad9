import { DetailError, FieldError } from '@selfsame/http/server';
import { isRefusal, type Refusal } from '../../domain/refusal.ts';

/** The result, unless it is a refusal. @throws what the caller is answered then */
export function accepted<Result extends object>(result: Result | Refusal): Result {
  if (!isRefusal(result)) return result;
  if (result.refused === 'field') throw new FieldError({ [result.field]: [result.text] });
  throw new DetailError(result.status, result.detail);
}
