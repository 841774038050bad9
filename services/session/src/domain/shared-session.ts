/** Where an imported session comes from, as decisions and lists show it. Plain data: it is stored as it is. */
export interface SharedFromSession {
  readonly session_id: string;
  readonly application_id: string;
  readonly application_name: string;
  /** As it was at the sharing application when it was shared. */
  readonly status: string;
  readonly purpose: string;
  readonly scope: string;
  readonly share_id: string;
  /** null where the sharing application needs no consent */
  readonly consented_at: string | null;
  readonly shared_at: string;
  /** When it was decided there. */
  readonly decided_at: string;
  readonly workflow_type: string;
  readonly workflow_label: string;
  /** What was checked there, of what the scope holds. */
  readonly features: readonly string[];
}
