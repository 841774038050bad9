import type { Upload } from '@selfsame/http/form-schema';
import { formBody } from '@selfsame/http/form-schema';
import { acceptForms } from '@selfsame/http/forms';
import { DetailBody } from '@selfsame/http/schemas';
import { DetailError, type HttpServer, PictureError } from '@selfsame/http/server';
import type { FastifyRequest } from 'fastify';
import type { Context } from '../../context.ts';
import { matchView } from '../../domain/features/face-search.ts';
import type { FeatureReport } from '../../domain/features/feature.ts';
import { isPicture } from '../../domain/portrait.ts';
import type { PictureView } from '../../outbound/biometrics.ts';
import { type Answered, answerCall, type Call } from '../../standalone/calls.ts';
import { granted } from './answers.ts';
import {
  AgeEstimationAnswer,
  AgeEstimationForm,
  callRefusals,
  FaceMatchAnswer,
  FaceMatchForm,
  FaceSearchAnswer,
  FaceSearchForm,
  PassiveLivenessAnswer,
  PassiveLivenessForm,
} from './standalone-schemas.ts';

const tags = ['standalone calls'];

/** Routes of the standalone calls: one picture, one answer. A declined check is an answer like any other: 200. */
export function standaloneRoutes(api: HttpServer, context: Context): void {
  acceptForms(api);

  const run = async (request: FastifyRequest, body: Common, call: Partial<Call> & Pick<Call, 'service'>) =>
    granted(await answerCall(context, request.principal, { ...commonOf(body), ...call }));

  api.post(
    '/v3/passive-liveness/',
    {
      schema: {
        tags,
        summary: 'Is a living person in the picture?',
        ...formBody(PassiveLivenessForm),
        response: { 200: PassiveLivenessAnswer, ...callRefusals },
      },
    },
    async (request) => {
      const { body } = request;
      const thresholds = { liveness: body.face_liveness_score_decline_threshold };
      const answer = await run(request, body, { service: 'PASSIVE_LIVENESS', thresholds });
      const report = reportOf(answer, 'LIVENESS');
      return {
        ...envelopeOf(answer, body),
        liveness: {
          ...livenessOf(answer, report),
          warnings: warningsOf([report]),
          face_quality: numberOf(report, 'face_quality'),
          face_luminance: numberOf(report, 'face_luminance'),
        },
      };
    },
  );

  api.post(
    '/v3/face-match/',
    {
      schema: {
        tags,
        summary: 'Do two pictures show the same person?',
        ...formBody(FaceMatchForm),
        response: { 200: FaceMatchAnswer, ...callRefusals },
      },
    },
    async (request) => {
      const { body } = request;
      const thresholds = { match: body.face_match_score_decline_threshold };
      const referenceImage = pictureIn('ref_image', body.ref_image);
      const answer = await run(request, body, { service: 'FACE_MATCH', thresholds, referenceImage });
      const report = reportOf(answer, 'FACE_MATCH');
      return {
        ...envelopeOf(answer, body),
        face_match: {
          status: answer.status,
          score: report.score,
          user_image: pictureView(answer.userImage),
          ref_image: pictureView(answer.referenceImage),
          warnings: warningsOf([report]),
        },
      };
    },
  );

  api.post(
    '/v3/face-search/',
    {
      schema: {
        tags,
        summary: 'Which faces of your users and lists look like this one?',
        ...formBody(FaceSearchForm),
        response: { 200: FaceSearchAnswer, ...callRefusals },
      },
    },
    async (request) => {
      const { body } = request;
      const answer = await run(request, body, { service: 'FACE_SEARCH', searchType: body.search_type });
      const report = reportOf(answer, 'FACE_SEARCH');
      const matches = report.matches ?? [];
      return {
        ...envelopeOf(answer, body),
        face_search: {
          status: answer.status,
          total_matches: matches.length,
          matches: matches.map((match) => matchView(match, answer.known.get(match.session_id ?? ''))),
          user_image: pictureView(answer.userImage),
          warnings: warningsOf([report]),
        },
      };
    },
  );

  api.post(
    '/v3/age-estimation/',
    {
      schema: {
        tags,
        summary: 'How old does a living person look? 404 where no age model is loaded',
        ...formBody(AgeEstimationForm),
        response: { 200: AgeEstimationAnswer, ...callRefusals, 404: DetailBody },
      },
    },
    async (request) => {
      const { body } = request;
      const thresholds = {
        liveness: body.face_liveness_score_decline_threshold,
        age: body.age_estimation_decline_threshold,
      };
      const answer = await run(request, body, { service: 'AGE_ESTIMATION', thresholds });
      return {
        ...envelopeOf(answer, body),
        age_estimation: {
          ...livenessOf(answer, reportOf(answer, 'LIVENESS')),
          age_estimation: numberOf(reportOf(answer, 'AGE_ESTIMATION'), 'age_estimation'),
          warnings: warningsOf(answer.reports),
        },
      };
    },
  );
}

/** The fields of every form. */
interface Common {
  readonly user_image: Upload;
  readonly rotate_image: boolean;
  readonly save_api_request: boolean;
  readonly vendor_data?: string;
  readonly metadata?: unknown;
}

function commonOf(body: Common): Omit<Call, 'service'> {
  return {
    image: pictureIn('user_image', body.user_image),
    referenceImage: null,
    rotateImage: body.rotate_image,
    thresholds: {},
    searchType: 'most_similar',
    vendorData: body.vendor_data ?? null,
    metadata: body.metadata,
    save: body.save_api_request,
  };
}

/** The name has been looked at; here the first bytes are. @throws PictureError */
function pictureIn(field: string, { bytes }: Upload): Buffer {
  if (isPicture(bytes)) return bytes;
  throw new PictureError(400, `${field}: The image is not a JPEG, PNG, WebP or TIFF file.`);
}

function envelopeOf(answer: Answered, body: Common) {
  return {
    request_id: answer.requestId,
    vendor_data: body.vendor_data ?? null,
    metadata: body.metadata ?? null,
    created_at: answer.createdAt.toISOString(),
  };
}

function livenessOf(answer: Answered, report: FeatureReport) {
  return {
    status: answer.status,
    method: 'PASSIVE' as const,
    score: report.score,
    user_image: pictureView(answer.userImage),
  };
}

function pictureView(picture: PictureView | null) {
  return {
    entities: (picture?.entities ?? []).map(({ bbox, confidence, age }) => ({
      bbox: [...bbox],
      confidence: Math.round(confidence * 10_000) / 10_000,
      age: age === null ? null : Math.round(age * 10) / 10,
      // Neither is ever estimated.
      gender: null,
      race: null,
    })),
    best_angle: picture?.bestAngle ?? 0,
  };
}

function reportOf({ reports }: Answered, feature: string): FeatureReport {
  const report = reports.find((each) => each.feature === feature);
  if (report === undefined) throw new DetailError(500, 'A server error occurred.');
  return report;
}

function warningsOf(reports: readonly FeatureReport[]) {
  return reports.flatMap(({ warnings }) => warnings.map((warning) => ({ ...warning })));
}

function numberOf({ details }: FeatureReport, name: string): number | null {
  const value = details[name];
  return typeof value === 'number' ? value : null;
}
