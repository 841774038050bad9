import type { Migration } from '@selfsame/database/migrate';

/** Templates that follow their owner, within reach of their anchor, and looks that are compared by a grant. */
export const adaptationMigrations: Migration[] = [
  {
    name: '0007-adapted-templates',
    up: `
      ALTER TABLE templates
        -- subject: its public name, which re-enrolments keep
        ADD COLUMN template_uuid uuid NOT NULL DEFAULT gen_random_uuid(),
        -- subject: what the last verified enrolment left, sealed as it was, as soon as the template is another one. Of the
        -- template's own key version
        ADD COLUMN anchor bytea,
        ADD COLUMN anchor_key_id text,
        ADD COLUMN anchor_pipeline_version text,
        -- subject: when a look was blended into it or it was put back last
        ADD COLUMN adapted_at timestamptz,
        -- candidate with rekey: it may only be blended into what the subject has; with grant_id it may only enrol whoever has
        -- nothing, by that grant. Releases that know neither find nothing to renew and drop it
        ADD COLUMN adapts boolean NOT NULL DEFAULT false,
        ADD COLUMN grant_id uuid,
        ADD CONSTRAINT templates_anchor CHECK (
          (anchor IS NULL) = (anchor_key_id IS NULL) AND (anchor IS NULL) = (anchor_pipeline_version IS NULL)
          AND (kind = 'subject' OR anchor IS NULL)
        ),
        ADD CONSTRAINT templates_use CHECK (rekey OR (NOT adapts AND grant_id IS NULL));
      CREATE UNIQUE INDEX templates_uuid ON templates (template_uuid) WHERE kind = 'subject';
      CREATE INDEX templates_listed ON templates (application_id, created_at DESC, template_uuid)
        WHERE kind = 'subject';

      -- An enrolment is its own anchor, of a revoked version nothing is left, and whoever changes the key version without the
      -- anchor is of a release that does not know it: the template is its own anchor then.
      CREATE FUNCTION end_anchor() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          NEW.anchor := NULL;
          NEW.anchor_key_id := NULL;
          NEW.anchor_pipeline_version := NULL;
          NEW.adapted_at := NULL;
          RETURN NEW;
        END $$;
      CREATE TRIGGER end_anchor BEFORE UPDATE ON templates
        FOR EACH ROW WHEN (
          (NEW.anchor IS NOT NULL OR NEW.adapted_at IS NOT NULL) AND (
            NEW.created_at <> OLD.created_at OR NEW.sealed = ''::bytea
            OR (NEW.key_version <> OLD.key_version AND NEW.anchor = OLD.anchor)
          )
        ) EXECUTE FUNCTION end_anchor();

      -- How a subject's template came to be what it is: scores, and nothing that could be compared.
      CREATE TABLE template_history (
        position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        application_id text NOT NULL,
        -- owner of the subject's template
        subject text NOT NULL,
        at timestamptz NOT NULL DEFAULT now(),
        kind text NOT NULL CHECK (kind IN ('enrolled', 'granted', 'renewed', 'adapted', 'reverted')),
        -- reverted: declined since; null when somebody put it back by hand
        session_id text,
        -- 0..100; null when there was nothing to compare with
        look_similarity double precision,
        previous_similarity double precision,
        anchor_similarity double precision
      );
      CREATE INDEX template_history_subject ON template_history (application_id, subject, position);
    `,
  },
  {
    name: '0008-reference-grants',
    up: `
      -- Looks of "to", who has nothing enrolled, are compared with what "from" has, until one of them enrols "to".
      CREATE TABLE reference_grants (
        grant_id uuid PRIMARY KEY,
        share_id text NOT NULL,
        -- subjects by keyed hash of their application, as owners of templates
        from_application_id text NOT NULL,
        from_subject text NOT NULL,
        to_application_id text NOT NULL,
        to_subject text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL,
        used_at timestamptz
      );
      CREATE INDEX reference_grants_to ON reference_grants (to_application_id, to_subject);
      CREATE INDEX reference_grants_from ON reference_grants (from_application_id, from_subject);
      CREATE INDEX reference_grants_share ON reference_grants (share_id);
      CREATE INDEX reference_grants_expires_at ON reference_grants (expires_at);

      -- Shares that are over: a grant of one that comes late is none.
      CREATE TABLE ended_shares (
        share_id text PRIMARY KEY,
        ended_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE INDEX ended_shares_ended_at ON ended_shares (ended_at);

      -- Whoever deletes a subject's template, of whatever release: what rests on it goes too.
      CREATE FUNCTION end_with_template() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          DELETE FROM template_history
            WHERE application_id = OLD.application_id AND subject = OLD.owner;
          DELETE FROM reference_grants
            WHERE from_application_id = OLD.application_id AND from_subject = OLD.owner;
          RETURN NULL;
        END $$;
      CREATE TRIGGER end_with_template AFTER DELETE ON templates
        FOR EACH ROW WHEN (OLD.kind = 'subject') EXECUTE FUNCTION end_with_template();
    `,
  },
];
