/** Workflows that an application starts with, in the words of `POST /v3/workflows/`, by slug. */
export interface SeedWorkflow {
  readonly slug: string;
  readonly body: Readonly<Record<string, unknown>>;
}

const liveness = { feature: 'LIVENESS' };
const faceMatch = { feature: 'FACE_MATCH' };
const livenessBy = (method: string) => ({ ...liveness, config: { face_liveness_method: method } });

/**
 * A sign-in against the face of the original verification, whichever application of the organisation has enrolled it: the same
 * steps as wf_reauth, a workflow of its own so that its thresholds and its sessions can be told apart. Every application that is
 * created in an organisation has it.
 */
export const reusableSeed: SeedWorkflow = {
  slug: 'wf_reusable_kyc',
  body: {
    workflow_label: 'Reusable verification',
    workflow_type: 'biometric_authentication',
    features: [liveness, faceMatch],
    is_reusable: true,
    adapts_template: true,
  },
};

const signIn: SeedWorkflow = {
  slug: 'wf_reauth',
  body: {
    workflow_label: 'Selfie sign-in',
    workflow_type: 'biometric_authentication',
    features: [liveness, faceMatch],
    adapts_template: true,
  },
};

const selfServiceSeeds: readonly SeedWorkflow[] = [
  {
    slug: 'wf_first_verification',
    body: {
      workflow_label: 'First verification',
      workflow_type: 'kyc',
      features: [liveness],
      is_default: true,
    },
  },
  signIn,
  {
    slug: 'wf_liveness',
    body: {
      workflow_label: 'Liveness only',
      workflow_type: 'biometric_authentication',
      features: [liveness],
    },
  },
  {
    slug: 'wf_flashing',
    body: {
      workflow_label: 'Liveness by colours',
      workflow_type: 'biometric_authentication',
      features: [livenessBy('FLASHING')],
    },
  },
  {
    slug: 'wf_active_3d',
    body: {
      workflow_label: 'Liveness by movements',
      workflow_type: 'biometric_authentication',
      features: [livenessBy('ACTIVE_3D')],
    },
  },
  {
    slug: 'wf_adaptive',
    body: {
      workflow_label: 'Sign-in by what is known',
      workflow_type: 'biometric_authentication',
      features: [liveness, faceMatch, { feature: 'IP_ANALYSIS' }],
      adaptive: { enabled: true, allow_at_creation: true },
      adapts_template: true,
    },
  },
  reusableSeed,
];

/** What all seeds share: whoever tries them sits at a computer. */
export const seedDefaults = { is_desktop_allowed: true } as const;

/** Seeds by the application's slug; an application without an entry starts without workflows. */
export const seedWorkflows: Readonly<Record<string, readonly SeedWorkflow[]>> = {
  demo: selfServiceSeeds,
  partner_b: [
    {
      slug: 'partner_b_wf',
      body: { workflow_label: 'Verification', workflow_type: 'kyc', features: [liveness], is_default: true },
    },
    signIn,
  ],
};
