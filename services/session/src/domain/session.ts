import type { AdaptiveOverride } from './adaptive.ts';
import type { StepUpAction } from './features/assessment.ts';
import type { FeatureReport } from './features/feature.ts';
import type { LivenessMethod } from './features/liveness-method.ts';
import type { JsonObject } from './fields.ts';
import type { SessionState } from './session-life.ts';
import type { SharedFromSession } from './shared-session.ts';
import type { WorkflowDefinition } from './workflow.ts';

/**
 * HOSTED: the user passes a workflow on the hosted page. API: a standalone call was recorded as a session. IMPORTED: another
 * application has shared what a session of its own came to.
 */
export type SessionType = 'HOSTED' | 'API' | 'IMPORTED';

/** Which device goes on to the callback when the session has moved from one to another. */
export const callbackMethods = ['initiator', 'completer', 'both'] as const;
export type CallbackMethod = (typeof callbackMethods)[number];

/** Why a selfie is asked for although a rule says that none is needed. */
export type SkipRefusal =
  /** The workflow or the session does not allow it. */
  | 'not_allowed'
  /** The browser has not signed, or nothing vouches for the device. */
  | 'device_not_proved'
  /** No approved selfie of this user on this device, or too long ago. */
  | 'device_not_known'
  /** Something that would have had a say could not be looked at. */
  | 'assessment_failed'
  | 'listed'
  /** A selfie was asked for earlier in this session, or somebody has looked at it by hand. */
  | 'selfie_asked_before'
  /** The application named an address, and the page was opened in another network. */
  | 'other_address'
  /** What was decided last about this user was Declined or In Review, whichever session it was. */
  | 'last_session_not_approved'
  | 'locked_out'
  /** What the workflow checks of device and network asks for a human. */
  | 'not_approved';

/** What the openings of a session, or its creation, led to. Plain data: it is stored as it is. */
export interface StepUp {
  /** What is asked: the rule's action, or the workflow's own method where no rule said anything. */
  readonly action: StepUpAction;
  readonly rule: string | null;
  readonly because: readonly string[];
  /** null: the visit could not be assessed */
  readonly assessment_id: string | null;
  readonly at: string;
  /** The strictest one that this session has come to. */
  readonly method: LivenessMethod;
  readonly skipped_selfie: boolean;
  readonly skip_refused: SkipRefusal | null;
}

/** A session as use cases see it: its row, the workflow it pins and its application. */
export interface Session {
  readonly id: string;
  readonly number: number;
  readonly state: SessionState;
  /** Events so far. */
  readonly sequence: number;
  readonly application: {
    readonly id: string;
    readonly slug: string;
    readonly name: string;
    readonly environment: 'live' | 'sandbox';
    readonly strictStatuses: boolean;
    /** Its users may be on a blocklist: without an assessment nobody knows. */
    readonly hasBlocklists: boolean;
    /** It wants the pictures of its sessions kept. */
    readonly retainsImages: boolean;
  };
  readonly type: SessionType;
  /** The standalone call that made it; null for hosted ones. */
  readonly apiService: string | null;
  readonly workflow: {
    /** These three are null where a standalone call made the session: its definition belongs to no workflow. */
    readonly id: string | null;
    readonly versionId: string | null;
    readonly version: number | null;
    /** The name that it came with, such as wf_reauth; null for those that an application has made. */
    readonly slug: string | null;
    readonly definition: WorkflowDefinition;
  };
  readonly enrols: boolean;
  readonly hasPortrait: boolean;
  /** The application of the same organisation whose enrolled face it is compared with; null: this one's own. */
  readonly referenceApplicationId: string | null;
  readonly vendorData: string | null;
  readonly callback: string | null;
  readonly callbackMethod: CallbackMethod;
  readonly metadata: unknown;
  readonly language: string | null;
  readonly contactDetails: JsonObject | null;
  readonly expectedDetails: JsonObject | null;
  readonly reports: readonly FeatureReport[] | null;
  /** Names the face kept of the look that the reports rest on. */
  readonly candidateId: string | null;
  /** What its creation changed of the workflow's step-up; null: nothing. */
  readonly adaptive: AdaptiveOverride | null;
  /** What its openings led to; null until there was one that counts. */
  readonly stepUp: StepUp | null;
  /** The device that proved itself at the look that the reports rest on; null: none did. */
  readonly deviceName: string | null;
  /** Of an imported session alone. */
  readonly sharedFrom: SharedFromSession | null;
  /** Reviews are read apart, where they are shown. */
  readonly hasReviews: boolean;
  readonly createdAt: Date;
  /** When it entered its status. */
  readonly statusChangedAt: Date;
  /** When the latest look was granted; null: none was. */
  readonly lastAttemptAt: Date | null;
}
