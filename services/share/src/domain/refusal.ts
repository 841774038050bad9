/** Why nothing was shared or imported, in the shapes that the /v3 contract has for it. */
export type Refusal =
  | { readonly refused: 'detail'; readonly status: 400 | 403 | 404; readonly detail: string | string[] }
  | { readonly refused: 'field'; readonly field: string; readonly text: string };

export function refuseDetail(status: 400 | 403 | 404, detail: string | string[]): Refusal {
  return { refused: 'detail', status, detail };
}

export function refuseField(field: string, text: string): Refusal {
  return { refused: 'field', field, text };
}

export const notFound = refuseDetail(404, 'Not found.');

export function isRefusal(result: object): result is Refusal {
  return 'refused' in result;
}

/** Why a token obtains nothing; the record of shares keeps these words. */
export type ImportRefusal = keyof typeof importRefusals;

const ofToken = (text: string) => refuseField('share_token', text);

/** What the application that tries is told. */
export const importRefusals = {
  wrong_audience: refuseDetail(403, 'This token is not valid for this application.'),
  wrong_purpose: refuseDetail(403, 'This token is not valid for this purpose.'),
  already_imported: refuseDetail(403, 'This session has already been shared with your application.'),
  expired: ofToken('Share token has expired.'),
  revoked: ofToken('This share has been revoked.'),
  consent_ended: ofToken('The consent to this share was withdrawn or has ended.'),
  session_gone: ofToken('Original session does not exist.'),
  session_changed: ofToken('Original session has changed since it was shared.'),
  workflow_unknown: refuseDetail(404, 'Workflow does not exist for this application.'),
} satisfies Record<string, Refusal>;

/** Nobody knows whose token it was: nothing is on record. */
export const invalidToken = ofToken('Invalid share token.');
