import {
  FaceProblem,
  KeptImageKind,
  MatchOutcome,
  ReferenceKind,
} from '@selfsame/contracts/biometrics/v1/evidence';
import type {
  BiometricsServiceImplementation,
  DeepPartial,
  Subject,
  VerifyResponse,
  PictureView as WirePictureView,
} from '@selfsame/contracts/biometrics/v1/service';
import { Failure } from '@selfsame/runtime/errors';
import type { SubjectName } from '../comparison.ts';
import type { Context } from '../context.ts';
import type { Evidence, Match } from '../domain/evidence.ts';
import type { FaceProblem as Problem } from '../domain/gates.ts';
import type { PictureView } from '../domain/picture-view.ts';
import { examine } from '../examine.ts';
import { grantReference } from '../grants.ts';
import {
  type Attempt,
  bindReference,
  type Challenged,
  type Kept,
  type Referred,
  see,
  verify,
  type WithImages,
} from '../looks.ts';
import { PIPELINE_VERSION } from '../pipeline-version.ts';
import { dropFaceListEntry, putFaceListEntry } from '../search/face-lists.ts';
import type { Searched } from '../search/face-search.ts';
import { forget, hasTemplate } from '../templates.ts';
import { CHALLENGE_BYTES_MAX, challengeEvidence, readChallenge } from './challenge.ts';
import { listKind, searchEvidence, searchScope } from './search.ts';

const MEGABYTE = 1024 * 1024;
const VERIFY_BYTES_MAX = 5 * MEGABYTE;
const PORTRAIT_BYTES_MAX = 2 * MEGABYTE;
const ANALYSE_BYTES_MAX = 64 * 1024;
const ID_LENGTH_MAX = 64;
/** More than a session ever has. */
const IMAGES_MAX = 50;
const VENDOR_DATA_LENGTH_MAX = 256;
/** Applications of one organisation that are looked through. */
const SIBLINGS_MAX = 100;

/** Beyond the largest look and challenge, so that one somewhat too large is told its limit rather than cut off by the transport. */
export const MESSAGE_BYTES_MAX = VERIFY_BYTES_MAX + CHALLENGE_BYTES_MAX + 3 * MEGABYTE;

/** The proto's calls: judge the input, call the use case, put the outcome into the proto's words. */
export function biometricsRpc(context: Context): BiometricsServiceImplementation {
  return {
    async verify(request, { signal }) {
      const attempt: Attempt = {
        applicationId: requireId('application_id', request.applicationId),
        sessionId: requireId('session_id', request.sessionId),
        vendorData: requireVendorData(request.vendorData),
        image: requireImage(request.image, VERIFY_BYTES_MAX, '5 MB'),
        reference: requireReference(request.reference),
        keepCandidate: request.keepCandidate,
        challenge: readChallenge(request),
        search: searchScope(request.search),
        retainsImages: request.retainsImages,
        adaptsTemplate: request.adaptsTemplate,
        referenceSubject: request.referenceSubject && requireSubject(request.referenceSubject),
      };
      requireId('attempt_id', request.attemptId);
      return verifyResponse(await verify(context, attempt, signal));
    },

    async analyse(request, { signal }) {
      const image = requireImage(request.image, ANALYSE_BYTES_MAX, '64 kB');
      return await see(context, image, signal);
    },

    async bindReference(request, { signal }) {
      const portrait = {
        applicationId: requireId('application_id', request.applicationId),
        sessionId: requireId('session_id', request.sessionId),
        image: requireImage(request.image, PORTRAIT_BYTES_MAX, '2 MB'),
        expiresAt: requireFuture('expires_at', request.expiresAt),
        retainsImage: request.retainsImage,
      };
      return { problem: problemOf(await bindReference(context, portrait, signal)) };
    },

    async examine(request, { signal }) {
      const recorded = request.sessionId !== '';
      const examined = await examine(
        context,
        {
          applicationId: requireId('application_id', request.applicationId),
          sessionId: recorded ? requireId('session_id', request.sessionId) : '',
          vendorData: requireVendorData(request.vendorData),
          image: requireImage(request.image, VERIFY_BYTES_MAX, '5 MB'),
          referenceImage:
            request.referenceImage.length === 0
              ? undefined
              : requireImage(request.referenceImage, VERIFY_BYTES_MAX, '5 MB'),
          rotate: request.rotateImage,
          estimateAge: request.estimateAge,
          search: searchScope(request.search),
          // Without a session nothing could ever say what becomes of it.
          keepCandidate: request.keepCandidate && recorded,
        },
        signal,
      );
      return {
        ...verifyResponse(examined.evidence),
        userImage: pictureView(examined.userImage),
        referenceImage: examined.referenceImage && pictureView(examined.referenceImage),
      };
    },

    async putFaceListEntry(request, { signal }) {
      const kind = listKind(request.kind);
      if (kind === undefined) throw invalid('kind must be BLOCKLIST or ALLOWLIST.');
      const source =
        request.sessionId === ''
          ? { image: requireImage(request.image, VERIFY_BYTES_MAX, '5 MB') }
          : { sessionId: requireId('session_id', request.sessionId) };
      const entry = { ...requireListEntry(request), kind };
      return { problem: problemOf(await putFaceListEntry(context, entry, source, signal)) };
    },

    async dropFaceListEntry(request) {
      await dropFaceListEntry(context, requireListEntry(request));
      return {};
    },

    async hasTemplate({ subject, siblingApplicationIds }) {
      const siblings = siblingApplicationIds.slice(0, SIBLINGS_MAX);
      for (const id of siblings) requireId('sibling_application_ids', id);
      return await hasTemplate(context, { ...requireSubject(subject), siblings });
    },

    async forget({ subject }) {
      await forget(context, requireSubject(subject));
      return {};
    },

    async grantReference({ grantId, from, to, shareId, expiresAt, held }) {
      if (!isUuid(grantId)) throw invalid('grant_id must be a UUID.');
      if (expiresAt === undefined) throw invalid('expires_at must be given.');
      const granted = await grantReference(context, {
        grantId,
        shareId: requireId('share_id', shareId),
        from: requireSubject(from),
        to: requireSubject(to),
        expiresAt,
        held,
      });
      return { granted };
    },

    async linkImages(request) {
      const session = {
        applicationId: requireId('application_id', request.applicationId),
        sessionId: requireId('session_id', request.sessionId),
      };
      const imageIds = request.imageIds.filter(isUuid).slice(0, IMAGES_MAX);
      return { links: await context.images.link(session, imageIds) };
    },
  };
}

function verifyResponse(
  evidence: Evidence & Kept & Partial<Referred> & Challenged & Searched & Partial<WithImages>,
): DeepPartial<VerifyResponse> {
  const { match, problem, candidateId, media, challenge, keptImages = [], ...scores } = evidence;
  return {
    evidence: {
      ...scores,
      problem: problemOf(problem),
      mediaSignals: [...media],
      challenge: challenge && challengeEvidence(challenge),
      matchOutcome: outcomes[match.outcome],
      similarityScore: match.outcome === 'compared' ? match.score : undefined,
      pipelineVersion: PIPELINE_VERSION,
      candidateId: candidateId ?? '',
      keptImages: keptImages.map(({ imageId, kind }) => ({ imageId, kind: imageKinds[kind] })),
      ...searchEvidence(evidence),
    },
  };
}

const imageKinds = { live: KeptImageKind.LIVE, reference: KeptImageKind.REFERENCE } as const;

const isUuid = (text: string) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);

function pictureView({ entities, bestAngle }: PictureView): DeepPartial<WirePictureView> {
  return { entities: [...entities], bestAngle };
}

const outcomes: Record<Match['outcome'], MatchOutcome> = {
  not_asked: MatchOutcome.NOT_ASKED,
  compared: MatchOutcome.COMPARED,
  no_reference: MatchOutcome.NO_REFERENCE,
  // There was something to compare with and no face to compare: the problem says so.
  impossible: MatchOutcome.UNSPECIFIED,
};

const problems: Record<Problem, FaceProblem> = {
  no_face: FaceProblem.NO_FACE,
  multiple_faces: FaceProblem.MULTIPLE_FACES,
  too_small: FaceProblem.TOO_SMALL,
  too_dark: FaceProblem.TOO_DARK,
  too_bright: FaceProblem.TOO_BRIGHT,
  turned_away: FaceProblem.TURNED_AWAY,
  low_quality: FaceProblem.LOW_QUALITY,
  blurred: FaceProblem.BLURRED,
  covered: FaceProblem.COVERED,
};

function problemOf(problem: Problem | undefined): FaceProblem {
  return problem === undefined ? FaceProblem.UNSPECIFIED : problems[problem];
}

const references = new Map<ReferenceKind, Attempt['reference']>([
  [ReferenceKind.NONE, 'none'],
  [ReferenceKind.SESSION, 'session'],
  [ReferenceKind.SUBJECT, 'subject'],
]);

function requireReference(kind: ReferenceKind): Attempt['reference'] {
  const reference = references.get(kind);
  if (reference === undefined) throw invalid('reference must be NONE, SESSION or SUBJECT.');
  return reference;
}

function requireId(name: string, id: string): string {
  if (id === '' || id.length > ID_LENGTH_MAX)
    throw invalid(`${name} must hold 1 to ${ID_LENGTH_MAX} characters.`);
  return id;
}

function requireVendorData(vendorData: string): string {
  if ([...vendorData].length > VENDOR_DATA_LENGTH_MAX) {
    throw invalid(`vendor_data must not exceed ${VENDOR_DATA_LENGTH_MAX} characters.`);
  }
  // Names of our own begin with one: see subjectName.
  if (vendorData.includes('\0')) throw invalid('vendor_data must not hold null characters.');
  return vendorData;
}

function requireSubject(subject: Subject | undefined): SubjectName {
  const applicationId = requireId('application_id', subject?.applicationId ?? '');
  const vendorData = requireVendorData(subject?.vendorData ?? '');
  if (vendorData === '') throw invalid('vendor_data must not be empty.');
  return { applicationId, vendorData };
}

function requireListEntry(named: { applicationId: string; listId: string; entryId: string }) {
  return {
    applicationId: requireId('application_id', named.applicationId),
    listId: requireId('list_id', named.listId),
    entryId: requireId('entry_id', named.entryId),
  };
}

function requireFuture(name: string, time: Date | undefined): Date {
  if (time === undefined || !(time.getTime() > Date.now())) throw invalid(`${name} must lie in the future.`);
  return time;
}

function requireImage(image: Buffer, maxBytes: number, limit: string): Buffer {
  if (image.length <= maxBytes) return image;
  throw new Failure('invalid', 'image_too_large', `The image must not exceed ${limit}.`);
}

function invalid(message: string): Failure {
  return new Failure('invalid', 'request_invalid', message);
}
