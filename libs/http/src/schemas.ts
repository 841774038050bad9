import Type, { type TSchema } from 'typebox';

/** A UUID in its usual form; in a path, anything else is 404. */
export const Uuid = (description = 'UUID') => Type.String({ format: 'uuid', description });

/** A moment as ISO 8601 text in UTC. */
export const IsoTime = (description = 'ISO 8601, UTC') => Type.String({ format: 'date-time', description });

/** The schema's value or null. */
export const Nullable = <Schema extends TSchema>(schema: Schema) => Type.Union([schema, Type.Null()]);

/** The envelope of paginated lists. `next` and `previous` are whole URLs. */
export const Page = <Item extends TSchema>(item: Item) =>
  Type.Object({
    count: Type.Integer(),
    next: Nullable(Type.String()),
    previous: Nullable(Type.String()),
    results: Type.Array(item),
  });

/** `{"detail": …}` */
export const DetailBody = Type.Object(
  { detail: Type.Union([Type.String(), Type.Array(Type.String())]) },
  { description: 'What went wrong' },
);

/** `{"<field>": ["text"]}`, or one text for some business rules. */
export const FieldErrorBody = Type.Record(
  Type.String(),
  Type.Union([Type.String(), Type.Array(Type.String())]),
  { description: 'What is wrong with each field' },
);

/** `{"error": "text"}` */
export const PictureErrorBody = Type.Object(
  { error: Type.String() },
  { description: 'What is wrong with the picture' },
);
