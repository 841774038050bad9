/** Why something cannot be done with a list, for the caller. */
export type ListRefusal =
  | { readonly refused: 'not_found' }
  | { readonly refused: 'field'; readonly field: string; readonly reason: string }
  | { readonly refused: 'detail'; readonly status: 400 | 403 | 409; readonly detail: string };

export const notFound: ListRefusal = { refused: 'not_found' };

export function refuseField(field: string, reason: string): ListRefusal {
  return { refused: 'field', field, reason };
}

export function refuse(status: 400 | 403 | 409, detail: string): ListRefusal {
  return { refused: 'detail', status, detail };
}
