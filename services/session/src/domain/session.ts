import type { FeatureReport } from './features/feature.ts';
import type { JsonObject } from './fields.ts';
import type { SessionState } from './session-life.ts';
import type { WorkflowDefinition } from './workflow.ts';

/** A session as use cases see it: its row, the workflow it pins and its application. */
export interface Session {
  readonly id: string;
  readonly number: number;
  readonly state: SessionState;
  /** Events so far. */
  readonly sequence: number;
  readonly application: {
    readonly id: string;
    readonly name: string;
    readonly environment: 'live' | 'sandbox';
    readonly strictStatuses: boolean;
  };
  readonly workflow: {
    readonly id: string;
    readonly versionId: string;
    readonly version: number;
    readonly definition: WorkflowDefinition;
  };
  readonly enrols: boolean;
  readonly hasPortrait: boolean;
  readonly vendorData: string | null;
  readonly callback: string | null;
  readonly metadata: unknown;
  readonly language: string | null;
  readonly contactDetails: JsonObject | null;
  readonly expectedDetails: JsonObject | null;
  readonly reports: readonly FeatureReport[] | null;
  /** Names the face kept of the look that the reports rest on. */
  readonly candidateId: string | null;
  /** Reviews are read apart, where they are shown. */
  readonly hasReviews: boolean;
  readonly createdAt: Date;
}
