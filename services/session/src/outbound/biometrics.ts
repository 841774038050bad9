import type { PictureView as WirePicture } from '@selfsame/contracts/biometrics/v1/service';
import { BiometricsServiceDefinition, FaceSearchScope } from '@selfsame/contracts/biometrics/v1/service';
import { connectGrpc } from '@selfsame/runtime/grpc';
import type { FaceEvidence, FaceProblem } from '../domain/features/evidence.ts';
import { readEvidence } from './evidence.ts';
import { readProblem } from './face-problem.ts';

/** What sessions ask of biometrics. Calls throw Failure when it is away, too busy or refuses the bytes (`invalid`). */
export interface Biometrics {
  /** Keeps a template of a portrait for one session. @returns why it will not do, null when it does */
  bindReference(reference: {
    applicationId: string;
    sessionId: string;
    image: Buffer;
    expiresAt: Date;
    /** Keep the picture, too. */
    retainsImage: boolean;
  }): Promise<FaceProblem | null>;
  /** Links to kept pictures of a session by their ids, good for minutes: paths on the public base URL. */
  linkImages(
    session: { applicationId: string; sessionId: string },
    imageIds: readonly string[],
  ): Promise<Map<string, string>>;
  /**
   * The face that a look of this subject can be compared with: their own, that of one of the sibling applications, or one that a
   * partner has granted. @returns whose it is; null when there is none
   */
  findTemplate(
    subject: { applicationId: string; vendorData: string },
    siblings: readonly string[],
  ): Promise<FoundTemplate | null>;
  /** Removes everything that is kept of a subject's face. Succeeds when there was nothing. */
  forget(subject: { applicationId: string; vendorData: string }): Promise<void>;
  /** Looks at a picture outside the hosted page, compares it with another one, searches for it. */
  examine(examination: Examination): Promise<Examined>;
}

/** Whose enrolled face a look can be compared with. */
export interface FoundTemplate {
  readonly applicationId: string;
  /** Another application has granted it, once: nobody needs to say whose it is. */
  readonly isGranted: boolean;
}

/** A look outside the hosted page. */
export interface Examination {
  readonly applicationId: string;
  /** The session that the call is recorded as; null when it is not. */
  readonly sessionId: string | null;
  readonly vendorData: string | null;
  readonly image: Buffer;
  readonly referenceImage: Buffer | null;
  readonly rotateImage: boolean;
  /** `others`: without the subject of `vendorData`. */
  readonly search: 'none' | 'others' | 'everyone';
  readonly estimateAge: boolean;
}

/** What a look outside the hosted page found. */
export interface Examined {
  readonly face: FaceEvidence;
  /** Years of the largest face; null when not asked for, or when there is no face. */
  readonly age: number | null;
  readonly userImage: PictureView;
  readonly referenceImage: PictureView | null;
}

/** What a picture shows. */
export interface PictureView {
  /** The largest face first, in pixels of the upright picture as it was sent. */
  readonly entities: readonly {
    readonly bbox: readonly [xmin: number, ymin: number, xmax: number, ymax: number];
    /** 0..1 */
    readonly confidence: number;
    /** Years; null when not asked for. */
    readonly age: number | null;
  }[];
  /** Degrees clockwise that the picture was turned by. */
  readonly bestAngle: number;
}

/** A portrait passes through the models like a selfie, behind those that wait already. */
const bindDeadlineMs = 5_000;
const askDeadlineMs = 1_000;
/** Two looks, and a glance at each of four turns of both pictures. */
const examineDeadlineMs = 10_000;
/** Two pictures of 5 MB. */
const messageBytesMax = 12 * 1024 * 1024;

/** Connects to the biometrics service at `host:port`. */
export function connectBiometrics(address: string): { biometrics: Biometrics; close(): void } {
  const { client, close } = connectGrpc(BiometricsServiceDefinition, address, {
    deadlineMs: askDeadlineMs,
    maxMessageBytes: messageBytesMax,
  });
  return {
    biometrics: {
      async bindReference(reference) {
        const { problem } = await client.bindReference(reference, { deadline: bindDeadlineMs });
        return readProblem(problem);
      },
      async linkImages(session, imageIds) {
        const { links } = await client.linkImages({ ...session, imageIds: [...imageIds] });
        return new Map(links.map(({ imageId, path }) => [imageId, path]));
      },
      async findTemplate(subject, siblings) {
        const found = await client.hasTemplate({ subject, siblingApplicationIds: [...siblings] });
        if (!found.exists) return null;
        // A service of before siblings knows of the subject's own alone.
        return { applicationId: found.applicationId || subject.applicationId, isGranted: found.byGrant };
      },
      async forget(subject) {
        await client.forget({ subject });
      },
      async examine({ sessionId, vendorData, referenceImage, search, ...examination }) {
        const request = {
          ...examination,
          sessionId: sessionId ?? '',
          vendorData: vendorData ?? '',
          referenceImage: referenceImage ?? Buffer.alloc(0),
          search: scopes[search],
          keepCandidate: sessionId !== null,
        };
        const seen = await client.examine(request, { deadline: examineDeadlineMs });
        if (seen.evidence === undefined) throw new Error('a look answered without evidence');
        return {
          face: readEvidence(seen.evidence),
          age: seen.userImage?.entities[0]?.age ?? null,
          userImage: readPicture(seen.userImage),
          referenceImage: seen.referenceImage === undefined ? null : readPicture(seen.referenceImage),
        };
      },
    },
    close,
  };
}

const scopes = {
  none: FaceSearchScope.NONE,
  others: FaceSearchScope.OTHERS,
  everyone: FaceSearchScope.EVERYONE,
} as const;

function readPicture(picture: WirePicture | undefined): PictureView {
  return {
    entities: (picture?.entities ?? []).map(({ xmin, ymin, xmax, ymax, confidence, age }) => ({
      bbox: [xmin, ymin, xmax, ymax],
      confidence,
      age: age ?? null,
    })),
    bestAngle: picture?.bestAngle ?? 0,
  };
}
