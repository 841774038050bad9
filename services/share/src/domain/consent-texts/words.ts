/**
 * What a consent says, in one language. Places are {audience}, who gets it; {application}, from whom; {until}, until when;
 * {purpose}, the application's own words; {withdraw}, the button of that name.
 */
export interface ConsentWords {
  readonly title: string;
  readonly who: string;
  readonly from: string;
  readonly purpose: string;
  readonly purpose_onboarding: string;
  readonly purpose_lending: string;
  readonly purpose_payments: string;
  readonly purpose_employment: string;
  readonly purpose_age_check: string;
  /** Any other, in the application's own words. */
  readonly purpose_own: string;
  readonly shared: string;
  readonly shared_result: string;
  readonly shared_findings: string;
  /** Of scope `kyc + aml`. */
  readonly shared_aml: string;
  /** Of scope `kyc + kyb`. */
  readonly shared_kyb: string;
  readonly kept: string;
  readonly kept_pictures: string;
  readonly kept_template: string;
  readonly kept_places: string;
  readonly kept_name: string;
  readonly face: string;
  readonly face_compared: string;
  readonly face_after: string;
  readonly until: string;
  readonly until_when: string;
  readonly choice: string;
  readonly choice_free: string;
  readonly change: string;
  readonly change_how: string;
  readonly change_effect: string;
  readonly agree: string;
  readonly refuse: string;
  readonly withdraw: string;
  /** What follows from each answer: the heading above it says what was answered. */
  readonly given: string;
  readonly refused: string;
  readonly withdrawn: string;
  /** Nobody has answered. */
  readonly expired: string;
  /** What was agreed to is over. */
  readonly ended: string;
}

/** Of all words in all languages: rises when any of them changes, which a test makes sure of. */
export const textVersion = '2026-11-21.2';
