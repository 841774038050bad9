import Type from 'typebox';

/** What the page and this service say to each other. The page imports the types only. */

const phase = Type.Union([
  Type.Literal('ready'),
  Type.Literal('locked'),
  Type.Literal('deciding'),
  Type.Literal('finished'),
  Type.Literal('expired'),
]);

/** The session as its user may see it: no scores, no reasons, nothing about other people. */
export const sessionView = Type.Object({
  session_id: Type.String(),
  application_name: Type.String(),
  status: Type.String({ description: 'Title Case, as in the public contract' }),
  phase,
  language: Type.String({ description: 'Empty: the browser decides' }),
  callback: Type.String({ description: 'Empty: there is none' }),
  enrols: Type.Boolean(),
  matches: Type.Boolean(),
  attempts_left: Type.Integer({ minimum: 0 }),
  locked_until: Type.Union([Type.String(), Type.Null()], {
    description: 'No picture is looked at before this time; null: no lock is in force',
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
]);
/** The one thing about a frame that the user can mend. */
export type FaceProblem = Type.Static<typeof faceProblem>;

/**
 * verdict: it is in. retry: the frame will not do and there are attempts left. locked: nobody has looked at the frame, and
 * nobody will before that time. renew: nobody has looked at it either, and nobody will under this id; under a new one they do.
 * pending: ask for the state.
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

/** What a thumbnail shows. luminance 0..100, of the face when there is one. */
export const guidanceAnswer = Type.Object({
  faces: Type.Integer({ minimum: 0 }),
  box: Type.Union([faceBox, Type.Null()]),
  luminance: Type.Number(),
});
export type GuidanceAnswer = Type.Static<typeof guidanceAnswer>;

/** Every refusal: `code` for the page, `detail` for a reader. */
export const refusal = Type.Object({ code: Type.String(), detail: Type.String() });
