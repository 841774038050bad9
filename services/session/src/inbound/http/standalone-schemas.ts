import { FileField, JsonField } from '@selfsame/http/form-schema';
import {
  DetailBody,
  FieldErrorBody,
  IsoTime,
  Nullable,
  PictureErrorBody,
  Uuid,
} from '@selfsame/http/schemas';
import Type, { type TProperties } from 'typebox';
import { metadataMaxBytes } from '../../domain/session-request.ts';
import { Open } from './schemas.ts';

const picture = {
  maxBytes: 5 * 1024 * 1024,
  extensions: ['tiff', 'jpg', 'jpeg', 'png', 'webp'],
};

const threshold = (value: number, description: string) =>
  Type.Integer({ minimum: 0, maximum: 100, default: value, description });

const userImage = FileField({ ...picture, description: 'The face: TIFF, JPEG, PNG or WebP of at most 5 MB' });
const livenessThreshold = threshold(30, 'Liveness score; at or below it the call is Declined');

/** What every call takes beside its picture. */
const common = {
  rotate_image: Type.Boolean({ default: false, description: 'Find out which way up the picture is' }),
  save_api_request: Type.Boolean({
    default: true,
    description: 'Keep the call as a session: listed, announced by webhook, its face enrolled when Approved',
  }),
  vendor_data: Type.Optional(Type.String({ maxLength: 256, description: 'Your stable id of the user' })),
  metadata: Type.Optional(
    JsonField({ maxBytes: metadataMaxBytes, description: 'Any JSON text, at most 32 KiB; echoed' }),
  ),
};

export const PassiveLivenessForm = Type.Object({
  user_image: userImage,
  face_liveness_score_decline_threshold: livenessThreshold,
  ...common,
});

export const FaceMatchForm = Type.Object({
  user_image: userImage,
  ref_image: FileField({ ...picture, description: 'What user_image is compared with' }),
  face_match_score_decline_threshold: threshold(30, 'Match score; at or below it the call is Declined'),
  ...common,
});

export const FaceSearchForm = Type.Object({
  user_image: userImage,
  search_type: Type.Unsafe<'most_similar' | 'blocklisted_or_approved'>({
    type: 'string',
    enum: ['most_similar', 'blocklisted_or_approved'],
    default: 'most_similar',
    description: 'Everyone who looks alike, or only listed faces and those of approved sessions',
  }),
  ...common,
});

export const AgeEstimationForm = Type.Object({
  user_image: userImage,
  face_liveness_score_decline_threshold: livenessThreshold,
  age_estimation_decline_threshold: threshold(18, 'Years; who looks younger is Declined'),
  ...common,
});

const score = Nullable(Type.Number({ minimum: 0, maximum: 100 }));
const Picture = Type.Object({
  entities: Type.Array(
    Type.Object({
      bbox: Type.Array(Type.Number(), {
        description: 'xmin, ymin, xmax, ymax in pixels of the upright picture',
      }),
      confidence: Type.Number({ minimum: 0, maximum: 1 }),
      age: Nullable(Type.Number()),
      gender: Type.Null(),
      race: Type.Null(),
    }),
    { description: 'Faces, the largest first' },
  ),
  best_angle: Type.Integer({ description: 'Degrees clockwise that the picture was turned by' }),
});

const result = <Fields extends TProperties>(fields: Fields) =>
  Type.Object({
    status: Type.Unsafe<'Approved' | 'Declined'>({ type: 'string', enum: ['Approved', 'Declined'] }),
    ...fields,
    user_image: Picture,
    warnings: Type.Array(
      Open('feature, risk, log_type, short_description, long_description, additional_data'),
    ),
  });

const envelope = {
  request_id: Uuid('Id of the session that the call was kept as'),
  vendor_data: Nullable(Type.String()),
  metadata: Type.Unknown(),
  created_at: IsoTime(),
};

export const PassiveLivenessAnswer = Type.Object({
  ...envelope,
  liveness: result({ method: Type.Literal('PASSIVE'), score, face_quality: score, face_luminance: score }),
});

export const FaceMatchAnswer = Type.Object({
  ...envelope,
  face_match: result({ score, ref_image: Picture }),
});

export const FaceSearchAnswer = Type.Object({
  ...envelope,
  face_search: result({
    total_matches: Type.Integer(),
    matches: Type.Array(
      Open('session_id, similarity_percentage, vendor_data, status, is_blocklisted, source, …'),
    ),
  }),
});

export const AgeEstimationAnswer = Type.Object({
  ...envelope,
  age_estimation: result({
    method: Type.Literal('PASSIVE'),
    score,
    age_estimation: Nullable(Type.Number({ description: 'Years' })),
  }),
});

/** 4xx answers that every call can give. */
export const callRefusals = {
  400: Type.Union([FieldErrorBody, PictureErrorBody]),
  401: DetailBody,
  413: DetailBody,
  415: DetailBody,
  429: DetailBody,
};
