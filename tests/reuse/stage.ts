import { randomUUID } from 'node:crypto';
import { waitFor } from '@selfsame/testing/wait';
import { type Company, companyOf } from '../harness/applications.ts';
import { type Person, somePerson } from '../harness/person.ts';
import { type RunningSystem, runSystem } from '../harness/running-system.ts';

/** A bank that verifies people, a lender that relies on it, and the whole system between them. */
export interface Stage {
  readonly system: RunningSystem;
  readonly bank: Company;
  readonly lender: Company;
  /** The lender's workflow for people who are enrolled. */
  readonly signIn: string;
  /** Somebody whom the bank has verified. */
  verified(photo: string): Promise<Verified>;
  /** Their consent that the lender gets the verification. */
  consent(verified: Verified, more?: Record<string, unknown>): Promise<{ id: string; url: string }>;
  /** A share token for the lender. */
  share(verified: Verified, more?: Record<string, unknown>): Promise<string>;
  close(): Promise<void>;
}

export interface Verified {
  readonly person: Person;
  readonly vendorData: string;
  readonly sessionId: string;
}

/** @param given a running system, which is stopped with the stage; one of its own unless given */
export async function openStage(given?: RunningSystem): Promise<Stage> {
  const system = given ?? (await runSystem());
  const { local } = system;
  const [bank, lender] = await Promise.all([
    companyOf(system, { slug: 'demo', applicationId: local.application_id, apiKey: local.api_key }),
    companyOf(system, {
      slug: 'partner_b',
      applicationId: local.partner.application_id,
      apiKey: local.partner.api_key,
    }),
  ]);
  const workflow = await lender.api.post('/v3/workflows/', {
    workflow_label: 'Sign-in',
    workflow_type: 'biometric_authentication',
    is_desktop_allowed: true,
    features: [{ feature: 'LIVENESS' }, { feature: 'FACE_MATCH' }],
    status: 'published',
  });
  if (workflow.status !== 201) throw new Error(`no workflow: ${JSON.stringify(workflow.body)}`);

  return {
    system,
    bank,
    lender,
    signIn: workflow.body.uuid ?? workflow.body.workflow_id,

    async verified(photo) {
      const person = await somePerson();
      const vendorData = `bank-user-${randomUUID()}`;
      const sessionId = await passes(bank, person, photo, {
        workflow_id: 'wf_first_verification',
        vendor_data: vendorData,
      });
      await waitFor('the face is enrolled', async () => {
        const body = { workflow_id: 'wf_reauth', vendor_data: vendorData };
        return (await bank.api.post('/v3/session/', body)).status === 201;
      });
      return { person, vendorData, sessionId };
    },

    async consent({ person, sessionId }, more = {}) {
      const asked = await bank.api.post(`/v3/session/${sessionId}/consents/`, {
        audience: 'partner_b',
        purpose: 'lending',
        ...more,
      });
      if (asked.status !== 201) throw new Error(`no consent: ${JSON.stringify(asked.body)}`);
      const { consent_id: id, consent_url: url } = asked.body;
      const answered = await person.answer(url, 'agree');
      if (answered.body.status !== 'given') throw new Error(`not agreed: ${JSON.stringify(answered)}`);
      return { id, url };
    },

    async share({ sessionId }, more = {}) {
      const shared = await bank.api.post(`/v3/session/${sessionId}/share/`, {
        audience: 'partner_b',
        purpose: 'lending',
        expires_in: 900,
        ...more,
      });
      if (shared.status !== 200) throw new Error(`not shared: ${JSON.stringify(shared.body)}`);
      return shared.body.share_token;
    },

    async close() {
      await Promise.all([bank.close(), lender.close()]);
      await system.stop();
    },
  };
}

/** A session whose user looks once and is approved. @returns its id */
export async function passes(
  company: Company,
  person: Person,
  photo: string,
  body: Record<string, unknown>,
): Promise<string> {
  const created = await company.api.post('/v3/session/', body);
  if (created.status !== 201) throw new Error(`not created: ${JSON.stringify(created.body)}`);
  const answer = await person.look(created.body.session_url, photo);
  if (answer.status !== 'Approved') throw new Error(`not approved: ${JSON.stringify(answer)}`);
  await company.webhook(created.body.session_id, 'Approved');
  return created.body.session_id;
}
