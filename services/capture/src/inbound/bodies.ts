import { createHash } from 'node:crypto';
import { Failure } from '@selfsame/runtime/errors';
import type { FastifyRequest } from 'fastify';
import { Compile } from 'typebox/compile';
import type { Capture } from '../capture.ts';
import { bundleType, cutPictures, openBundle } from '../domain/bundle.ts';
import { looksLikeImage } from '../domain/image-bytes.ts';
import { captureManifest, manifestFactsBytesMax, type PageFacts } from '../wire.ts';

/** Content types of an attempt. */
export const captureTypes = /^(image\/(jpeg|png|webp)|application\/vnd\.selfsame\.capture)$/;

/** A picture as biometrics takes it. */
const imageBytesMax = 5_000_000;
/** One of those, the frames of a challenge, and what is said about them. */
const bundleBytesMax = 16_000_000;

const manifestCheck = Compile(captureManifest);

/** The bare content type of a request. */
export function contentTypeOf(request: FastifyRequest): string {
  return (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}

/** How many bytes the body of a request may have. */
export function bytesMax(request: FastifyRequest): number {
  return contentTypeOf(request) === bundleType ? bundleBytesMax : imageBytesMax;
}

/**
 * What a body will take in memory: its own bytes, and with a rest those that it is the rest of. One that does not say, or
 * says no number, may be as large as any.
 */
export function bytesAnnounced(request: FastifyRequest): number {
  const most = bytesMax(request);
  const { 'content-length': body, 'upload-length': upload } = request.headers;
  const announced = request.method === 'PATCH' ? [body, upload] : [body];
  return Math.min(most, Math.max(...announced.map((header) => numberIn(header) ?? most)));
}

/** A header that is a plain whole number of at most nine digits; nothing else is one. */
export function numberIn(header: string | string[] | undefined): number | undefined {
  return typeof header === 'string' && /^\d{1,9}$/.test(header) ? Number(header) : undefined;
}

/**
 * What a page sent, cut into its parts without copying a byte.
 * @throws Failure `bundle_invalid` for a bundle that is not put together as it says, `image_unusable` for what is no picture
 */
export function captureOf(body: Buffer, contentType: string): Capture {
  return contentType === bundleType ? bundleOf(body) : bareImage(picture(body));
}

function bareImage(image: Buffer): Capture {
  const picturesSha256 = sha256(image);
  return {
    image,
    frames: [],
    picturesSha256,
    nonce: '',
    shownAtMs: [],
    camera: {},
    proof: undefined,
    facts: {},
  };
}

function bundleOf(body: Buffer): Capture {
  const opened = openBundle(body);
  if (opened === null || !manifestCheck.Check(opened.manifest)) throw bundleInvalid();
  const { manifest } = opened;
  const facts = factsOf(manifest);
  const cut = cutPictures(opened.pictures, manifest);
  if (cut === null) throw bundleInvalid();
  return {
    image: picture(cut.image),
    frames: cut.frames.map((frame, at) => ({
      image: picture(frame),
      takenAtMs: manifest.frames[at]?.taken_at_ms ?? 0,
    })),
    picturesSha256: sha256(cut.together),
    nonce: manifest.nonce,
    shownAtMs: manifest.shown_at_ms,
    camera: manifest.camera,
    proof: manifest.proof,
    facts,
  };
}

function factsOf({ facts = {} }: { facts?: PageFacts }): PageFacts {
  if (Buffer.byteLength(JSON.stringify(facts)) > manifestFactsBytesMax) throw bundleInvalid();
  return facts;
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest();

function picture(bytes: Buffer): Buffer {
  if (looksLikeImage(bytes)) return bytes;
  throw new Failure('invalid', 'image_unusable', 'The picture could not be read.');
}

function bundleInvalid(): Failure {
  return new Failure('invalid', 'bundle_invalid', 'The capture is not put together as it says.');
}
