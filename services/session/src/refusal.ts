import type { FieldErrors } from './domain/fields.ts';

/** Why a use case did nothing, in the shapes that the /v3 contract has for it. */
export type Refused =
  | { readonly refused: 'not_found' }
  | { readonly refused: 'detail'; readonly detail: string }
  | { readonly refused: 'list'; readonly texts: string[] }
  | { readonly refused: 'fields'; readonly errors: FieldErrors }
  /** A standalone call cannot work with the picture. */
  | { readonly refused: 'picture'; readonly text: string }
  /** A neighbour that has to say something does not answer. */
  | { readonly refused: 'unavailable'; readonly detail: string }
  /** This installation does not do it. */
  | { readonly refused: 'not_offered'; readonly detail: string };

export const notFound: Refused = { refused: 'not_found' };

export function refusedDetail(detail: string): Refused {
  return { refused: 'detail', detail };
}

export function refusedFields(errors: FieldErrors): Refused {
  return { refused: 'fields', errors };
}
