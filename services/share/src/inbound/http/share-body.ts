import { Uuid } from '@selfsame/http/schemas';
import { FieldError } from '@selfsame/http/server';
import Type from 'typebox';
import type { AudienceWanted } from '../../audience.ts';
import { defaultPurpose, maxPurposeLength, readPurpose } from '../../domain/purpose.ts';
import { defaultScope, readScope, type Scope, scopes } from '../../domain/scope.ts';

/** A field that is not known is a mistake: a misspelt one would be left out in silence. */
export const closed = { additionalProperties: false } as const;

/** Who obtains something, what for, and how much: the same in shares and in consents. */
export const audienceFields = {
  audience: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 200,
      description: 'The partner: id, slug or name of its application',
    }),
  ),
  for_application_id: Type.Optional(Uuid('The same by its application id')),
  purpose: Type.Optional(
    Type.String({
      maxLength: maxPurposeLength * 2,
      description: `What the partner obtains it for: onboarding, lending, payments, employment, age_check, or in your own words. ${defaultPurpose} unless given`,
    }),
  ),
  scope: Type.Optional(
    Type.String({
      maxLength: 50,
      description: `How much of it: ${scopes.join(', ')}. ${defaultScope} unless given`,
    }),
  ),
};

interface AudienceBody {
  readonly audience?: string;
  readonly for_application_id?: string;
}

/** @throws FieldError when it names nobody, or two */
export function readAudience(body: AudienceBody): AudienceWanted {
  const { audience, for_application_id: applicationId } = body;
  if (audience !== undefined && applicationId !== undefined) {
    throw new FieldError({ audience: ['Name the partner once: by audience or by for_application_id.'] });
  }
  if (applicationId !== undefined) return { field: 'for_application_id', reference: applicationId };
  if (audience === undefined) throw new FieldError({ audience: ['This field is required.'] });
  return { field: 'audience', reference: audience };
}

/** @throws FieldError for what is no purpose or no scope */
export function readTerms(body: { readonly purpose?: string; readonly scope?: string }): {
  purpose: string;
  scope: Scope;
} {
  const purpose = readPurpose(body.purpose ?? defaultPurpose);
  if (purpose === undefined) {
    throw new FieldError({
      purpose: [`Give a purpose in at most ${maxPurposeLength} characters on one line.`],
    });
  }
  const scope = readScope(body.scope ?? defaultScope);
  if (scope === undefined) throw new FieldError({ scope: [`Must be one of: ${scopes.join(', ')}.`] });
  return { purpose, scope };
}
