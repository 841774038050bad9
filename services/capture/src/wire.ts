import Type from 'typebox';

/** What the page and this service say to each other. The page imports the types only. */

const phase = Type.Union([
  Type.Literal('ready'),
  Type.Literal('locked'),
  Type.Literal('deciding'),
  Type.Literal('finished'),
  Type.Literal('expired'),
]);

const livenessMethod = Type.Union([
  Type.Literal('PASSIVE'),
  Type.Literal('FLASHING'),
  Type.Literal('ACTIVE_3D'),
]);
/** How liveness is shown: one frame, colours on the screen, or movements of the head. */
export type LivenessMethod = Type.Static<typeof livenessMethod>;

/** The session as its user may see it: no scores, no reasons, nothing about other people. */
export const sessionView = Type.Object({
  session_id: Type.String(),
  application_name: Type.String(),
  status: Type.String({ description: 'Title Case, as in the public contract' }),
  phase,
  language: Type.String({ description: 'Empty: the browser decides' }),
  callback: Type.String({ description: 'Empty: there is none' }),
  callback_method: Type.Union([Type.Literal('initiator'), Type.Literal('completer'), Type.Literal('both')], {
    description: 'Which device goes on to the callback when the session has moved from one to another',
  }),
  callback_seconds: Type.Union([Type.Integer(), Type.Null()], {
    description: 'How long a verdict is shown before the callback; null: the page decides',
  }),
  method: livenessMethod,
  other_methods: Type.Array(livenessMethod, { description: 'What the user may choose instead, best first' }),
  is_desktop_allowed: Type.Boolean(),
  fallback_url: Type.String({ description: 'Another way that the application offers; empty: none' }),
  privacy_policy_url: Type.String({ description: 'Empty: none' }),
  skips_welcome: Type.Boolean(),
  hides_progress: Type.Boolean(),
  logo_url: Type.String({ description: 'Instead of the monogram; empty: none' }),
  enrols: Type.Boolean(),
  matches: Type.Boolean(),
  retains_images: Type.Boolean({
    description: 'The application keeps the picture, encrypted, for as long as the session',
  }),
  attempts_left: Type.Integer({ minimum: 0 }),
  locked_until: Type.Union([Type.String(), Type.Null()], {
    description: 'No picture is looked at before this time; null: no lock is in force',
  }),
  visit_nonce: Type.String({
    description:
      'What the page signs when it opens the session; good for minutes. Empty: nothing is to be signed',
  }),
  offers_skip: Type.Boolean({
    description:
      'Device and network are known: the page may be opened once more with `continues`, which approves without a picture. Told of openings only',
  }),
  skipped_selfie: Type.Boolean({ description: 'Approved without a picture: device and network were known' }),
  wants_proof_again: Type.Boolean({
    description: 'The nonce was over: the page may open the session once more, with the one in this answer',
  }),
});
export type SessionView = Type.Static<typeof sessionView>;

const faceProblem = Type.Union([
  Type.Literal('no_face'),
  Type.Literal('multiple_faces'),
  Type.Literal('too_small'),
  Type.Literal('too_dark'),
  Type.Literal('too_bright'),
  Type.Literal('turned_away'),
  Type.Literal('low_quality'),
  Type.Literal('blurred'),
  Type.Literal('covered'),
  Type.Literal('too_much_light'),
  Type.Literal('too_few_frames'),
  Type.Literal('pose_missed'),
]);
/** The one thing about a frame that the user can mend. */
export type FaceProblem = Type.Static<typeof faceProblem>;

/**
 * verdict: it is in. retry: the frame will not do and there are attempts left. locked: nobody has looked at the frame, and
 * nobody will before that time. renew: nobody has looked at it either, and nobody will under this id; under a new one they do.
 * stale: its challenge is over or was never issued, so nobody has looked; the page takes the look anew, with a new id and a
 * new challenge. pending: ask for the state.
 */
export const attemptAnswer = Type.Union([
  Type.Object({
    result: Type.Literal('verdict'),
    status: Type.String(),
    callback: Type.String(),
  }),
  Type.Object({
    result: Type.Literal('retry'),
    problem: faceProblem,
    attempts_left: Type.Integer({ minimum: 1 }),
  }),
  Type.Object({ result: Type.Literal('locked'), until: Type.String() }),
  Type.Object({ result: Type.Literal('renew') }),
  Type.Object({ result: Type.Literal('stale') }),
  Type.Object({ result: Type.Literal('pending') }),
]);
export type AttemptAnswer = Type.Static<typeof attemptAnswer>;

/** Where the largest face is, in fractions of the picture's width and height. */
export const faceBox = Type.Object({
  left: Type.Number(),
  top: Type.Number(),
  width: Type.Number(),
  height: Type.Number(),
});
export type FaceBox = Type.Static<typeof faceBox>;

const headAngles = Type.Object({ yaw: Type.Number(), pitch: Type.Number(), roll: Type.Number() });
/** Degrees; 0 looks into the camera. Unmirrored: yaw below 0 is the person's left, pitch above 0 is up. */
export type HeadAngles = Type.Static<typeof headAngles>;

/** What a thumbnail shows. Luminances and sharpness 0..100; `luminance` of the face when there is one. */
export const guidanceAnswer = Type.Object({
  faces: Type.Integer({ minimum: 0 }),
  box: Type.Union([faceBox, Type.Null()]),
  luminance: Type.Number(),
  surroundings: Type.Number(),
  angles: Type.Union([headAngles, Type.Null()]),
  sharpness: Type.Union([Type.Number(), Type.Null()]),
  eyes_covered: Type.Boolean(),
  mouth_covered: Type.Boolean(),
});
export type GuidanceAnswer = Type.Static<typeof guidanceAnswer>;

/**
 * What comes over the live channel, as JSON text. seen: the answer to thumbnail `seq`. busy: nobody looked at it.
 * progress: how far another device has come with this session. finished: the verdict is in.
 */
export const liveMessage = Type.Union([
  Type.Object({ is: Type.Literal('seen'), seq: Type.Integer(), seen: guidanceAnswer }),
  Type.Object({ is: Type.Literal('busy'), seq: Type.Integer() }),
  Type.Object({
    is: Type.Literal('progress'),
    stage: Type.Union([
      Type.Literal('opened'),
      Type.Literal('looking'),
      Type.Literal('checking'),
      Type.Literal('left'),
    ]),
  }),
  Type.Object({ is: Type.Literal('finished'), status: Type.String(), callback: Type.String() }),
]);
export type LiveMessage = Type.Static<typeof liveMessage>;

const headPose = Type.Union([
  Type.Literal('front'),
  Type.Literal('left'),
  Type.Literal('right'),
  Type.Literal('up'),
  Type.Literal('down'),
]);
/** As the person sees it: left is the person's left. */
export type HeadPose = Type.Static<typeof headPose>;

/** What the next look has to answer. Colours follow each other without a gap; a pose is asked for when the one before it is reached or its time is over. */
export const challengeView = Type.Object({
  nonce: Type.String(),
  expires_at: Type.String(),
  asked: Type.Union([
    Type.Object({ method: Type.Literal('PASSIVE') }),
    Type.Object({
      method: Type.Literal('FLASHING'),
      steps: Type.Array(
        Type.Object({ colour: Type.String({ description: '#rrggbb' }), duration_ms: Type.Integer() }),
      ),
    }),
    Type.Object({
      method: Type.Literal('ACTIVE_3D'),
      steps: Type.Array(Type.Object({ pose: headPose, within_ms: Type.Integer() })),
    }),
  ]),
});
export type ChallengeView = Type.Static<typeof challengeView>;

/** Body of a request for a challenge. */
export const challengeRequest = Type.Object({ method: Type.Optional(livenessMethod) });

const signalValue = Type.Union([Type.Number(), Type.Boolean()]);

const pageFact = Type.Union([
  Type.String({ maxLength: 512 }),
  Type.Number(),
  Type.Boolean(),
  Type.Null(),
  Type.Array(Type.String({ maxLength: 128 }), { maxItems: 64 }),
]);

/**
 * What the page's script tells of its browser, by the names in the table of facts. null: it looked and nothing was there;
 * what it could not look for is left out. Names that nobody declared go no further than fraud-signals.
 */
export const pageFacts = Type.Record(Type.String({ pattern: '^page\\.[a-z0-9_.]{1,60}$' }), pageFact, {
  maxProperties: 300,
  additionalProperties: Type.Never(),
});
export type PageFacts = Type.Static<typeof pageFacts>;

/** A signature by a key that this browser keeps and no script can read: ECDSA P-256 with SHA-256. */
export const deviceProof = Type.Object({
  /** Raw point, base64url. */
  public_key: Type.String({ maxLength: 128 }),
  /** IEEE P1363, base64url. */
  signature: Type.String({ maxLength: 128 }),
});
export type DeviceProof = Type.Static<typeof deviceProof>;

/** A visit may bring this much. */
export const visitBytesMax = 32_000;

/** Body of the opening. All of it may be missing: a browser that tells nothing is let in all the same. */
export const visitRequest = Type.Object({
  /** The nonce that was signed, as the page got it. */
  visit_nonce: Type.Optional(Type.String({ maxLength: 256 })),
  /** Over `{visit_nonce}.open`; where the visit continues, over `{visit_nonce}.continue`. */
  proof: Type.Optional(deviceProof),
  /** The user has pressed to go on without a selfie. Without a proof over that it is an opening like any. */
  continues: Type.Optional(Type.Boolean()),
  facts: Type.Optional(pageFacts),
});
export type VisitRequest = Type.Static<typeof visitRequest>;

/** As JSON, what the manifest of a capture may say of the page. */
export const manifestFactsBytesMax = 8_192;

/**
 * What the page says about a bundle, the body of an attempt as `application/vnd.selfsame.capture`: four bytes, the length of
 * this as UTF-8 JSON, big-endian; this; the frame that is compared; the frames of the challenge, in their order. Times are
 * milliseconds since the start of the challenge, on the page's clock.
 */
export const captureManifest = Type.Object(
  {
    nonce: Type.String({ maxLength: 64 }),
    image_bytes: Type.Integer({ minimum: 1, maximum: 5_000_000 }),
    frames: Type.Array(
      Type.Object({
        bytes: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
        taken_at_ms: Type.Integer({ minimum: 0, maximum: 120_000 }),
      }),
      { maxItems: 32 },
    ),
    /** When each step of the challenge was shown. */
    shown_at_ms: Type.Array(Type.Integer({ minimum: 0, maximum: 120_000 }), { maxItems: 16 }),
    /** Facts about the camera by their names in the signal catalogue: numbers and yes or no, never a label. */
    camera: Type.Record(Type.String({ pattern: '^(cam|auto|media)_[a-z0-9_]{1,48}$' }), signalValue, {
      maxProperties: 40,
      additionalProperties: false,
    }),
    /** ECDSA P-256 over `{nonce}.{SHA-256 of all pictures together, hex}`, by a key that this browser keeps. */
    proof: Type.Optional(deviceProof),
    /** How the page was used since it was opened, and what has changed; `manifestFactsBytesMax` as JSON at most. */
    facts: Type.Optional(pageFacts),
  },
  { additionalProperties: false },
);
export type CaptureManifest = Type.Static<typeof captureManifest>;

/** Every refusal: `code` for the page, `detail` for a reader. */
export const refusal = Type.Object({ code: Type.String(), detail: Type.String() });
