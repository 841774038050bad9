import { DetailBody, FieldErrorBody, IsoTime, Nullable, Uuid } from '@selfsame/http/schemas';
import { DetailError, FieldError } from '@selfsame/http/server';
import Type, { type Static } from 'typebox';
import {
  entryTypes,
  idleEntryTypes,
  type List,
  type ListEntry,
  listTypes,
} from '../../domain/lists/types.ts';
import type { ListRefusal } from '../../lists/refusal.ts';

/** Path of one list. */
export const OneList = Type.Object({ uuid: Uuid() });
/** Path of one entry of it. */
export const OneEntry = Type.Object({ uuid: Uuid(), entry: Uuid() });

/** Every type of the contract, so that a client of it is told which ones nothing acts on. */
export const ContractEntryType = Type.Enum([...entryTypes, ...idleEntryTypes]);
export const ActiveEntryType = Type.Enum([...entryTypes]);
export const ListTypeOf = Type.Enum([...listTypes]);

/** What routes answer that cannot do what they are asked. */
export const Refused = Type.Union([FieldErrorBody, DetailBody]);

export const ListBody = Type.Object({
  uuid: Uuid(),
  name: Type.String(),
  description: Type.String(),
  list_type: ListTypeOf,
  entry_type: ActiveEntryType,
  is_system: Type.Boolean({ description: 'Made by the system: its entries can be changed, the list cannot' }),
  created_at: IsoTime(),
  updated_at: IsoTime(),
});

export const EntryBody = Type.Object({
  uuid: Uuid(),
  value: Nullable(
    Type.String({ description: 'As it was added; null for faces, and for people who were erased' }),
  ),
  display_label: Nullable(Type.String()),
  comment: Nullable(Type.String()),
  metadata: Nullable(Type.Record(Type.String(), Type.Unknown())),
  added_by: Type.Enum(['api', 'console', 'system', 'email']),
  reference_session_id: Nullable(Uuid()),
  reference_session_number: Nullable(Type.Integer()),
  reference_object_uuid: Nullable(Uuid()),
  created_at: IsoTime(),
});

/** @see ListBody */
export function toListBody(list: List): Static<typeof ListBody> {
  return {
    uuid: list.id,
    name: list.name,
    description: list.description,
    list_type: list.listType,
    entry_type: list.entryType,
    is_system: list.isSystem,
    created_at: list.createdAt.toISOString(),
    updated_at: list.updatedAt.toISOString(),
  };
}

/** @see EntryBody */
export function toEntryBody(entry: ListEntry): Static<typeof EntryBody> {
  return {
    uuid: entry.id,
    value: entry.value,
    display_label: entry.displayLabel,
    comment: entry.comment,
    metadata: entry.metadata,
    added_by: entry.addedBy,
    reference_session_id: entry.referenceSessionId,
    reference_session_number: entry.referenceSessionNumber,
    reference_object_uuid: entry.referenceObjectUuid,
    created_at: entry.createdAt.toISOString(),
  };
}

/** The result of a use case. @throws the error answer that its refusal has */
export function granted<Result extends object>(result: Result | ListRefusal): Result {
  if (!('refused' in result)) return result;
  switch (result.refused) {
    case 'not_found':
      throw notFound();
    case 'field':
      throw new FieldError({ [result.field]: [result.reason] });
    case 'detail':
      throw new DetailError(result.status, result.detail);
  }
}

/** 404 in the contract's words. */
export function notFound(): DetailError {
  return new DetailError(404, 'Not found.');
}
