import { FaceProblem } from '@selfsame/contracts/biometrics/v1/evidence';
import type {
  BindReferenceRequest,
  BiometricsServiceImplementation,
  DeepPartial,
  ExamineRequest,
  ExamineResponse,
} from '@selfsame/contracts/biometrics/v1/service';
import { BiometricsServiceDefinition } from '@selfsame/contracts/biometrics/v1/service';
import { Failure } from '@selfsame/runtime/errors';
import { serveGrpc } from '@selfsame/runtime/grpc';
import type { Log } from '@selfsame/runtime/log';

/** A neighbour with scripted answers, on a real gRPC server. */
export interface ScriptedBiometrics {
  readonly address: string;
  /** Subjects that count as enrolled, whichever application asks. */
  readonly enrolled: Set<string>;
  /** Those that one application has enrolled: `application id/vendor_data`. */
  readonly templates: Set<string>;
  /** Whose template may be compared with once, by the subject that it was granted to, both in the same form. */
  readonly grants: Map<string, string>;
  /** Subjects whose face was to be forgotten. */
  readonly forgotten: string[];
  readonly bound: Omit<BindReferenceRequest, 'image'>[];
  /** What Examine was asked, without its pictures but for their sizes. */
  readonly examined: (Omit<ExamineRequest, 'image' | 'referenceImage'> & { sizes: [number, number] })[];
  /** Answers of BindReference, HasTemplate and Examine from now on. */
  answer(script: {
    bind?: FaceProblem | Failure;
    has?: (vendorData: string) => boolean;
    examine?: DeepPartial<ExamineResponse> | Failure;
    forget?: Failure;
    links?: Failure;
  }): void;
  stop(): Promise<void>;
}

export async function startBiometrics(log: Log): Promise<ScriptedBiometrics> {
  const enrolled = new Set<string>();
  const templates = new Set<string>();
  const grants = new Map<string, string>();
  const forgotten: string[] = [];
  const bound: ScriptedBiometrics['bound'] = [];
  const examined: ScriptedBiometrics['examined'] = [];
  const usual = {
    examine: {} as DeepPartial<ExamineResponse> | Failure,
    bind: FaceProblem.UNSPECIFIED as FaceProblem | Failure,
    forget: undefined as Failure | undefined,
    has: (vendorData: string) => enrolled.has(vendorData),
    links: undefined as Failure | undefined,
  };
  let script = { ...usual };
  const unused = () => {
    throw new Failure('internal', 'unused', 'Sessions never ask this.');
  };
  const implementation: BiometricsServiceImplementation = {
    verify: unused,
    analyse: unused,
    async examine({ image, referenceImage, ...request }) {
      examined.push({ ...request, sizes: [image.length, referenceImage.length] });
      if (script.examine instanceof Failure) throw script.examine;
      return script.examine;
    },
    async forget({ subject }) {
      if (script.forget !== undefined) throw script.forget;
      const name = subject?.vendorData ?? '';
      forgotten.push(name);
      enrolled.delete(name);
      return {};
    },
    putFaceListEntry: unused,
    dropFaceListEntry: unused,
    grantReference: unused,
    async linkImages({ imageIds }) {
      if (script.links instanceof Failure) throw script.links;
      const expiresAt = new Date(Date.now() + 60_000);
      return { links: imageIds.map((imageId) => ({ imageId, path: `/media/${imageId}?signed`, expiresAt })) };
    },
    async bindReference({ image, ...reference }) {
      if (script.bind instanceof Failure) throw script.bind;
      if (script.bind === FaceProblem.UNSPECIFIED && image.length > 0) bound.push(reference);
      return { problem: script.bind };
    },
    async hasTemplate({ subject, siblingApplicationIds }) {
      const { applicationId = '', vendorData = '' } = subject ?? {};
      if (script.has(vendorData)) return { exists: true, applicationId };
      const holder = [applicationId, ...siblingApplicationIds].find((id) =>
        templates.has(`${id}/${vendorData}`),
      );
      if (holder !== undefined) return { exists: true, applicationId: holder };
      const granted = grants.get(`${applicationId}/${vendorData}`);
      if (granted === undefined) return { exists: false };
      return { exists: true, applicationId: granted.split('/')[0] ?? '', byGrant: true };
    },
  };
  const { port, stop } = await serveGrpc({
    host: '127.0.0.1',
    port: 0,
    log,
    maxMessageBytes: 12 * 1024 * 1024,
    services: (server) => server.add(BiometricsServiceDefinition, implementation),
  });
  return {
    address: `127.0.0.1:${port}`,
    enrolled,
    forgotten,
    templates,
    grants,
    bound,
    examined,
    answer: (changes) => {
      script = { ...usual, ...changes };
    },
    stop,
  };
}
