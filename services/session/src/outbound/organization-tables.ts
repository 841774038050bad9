import type { Generated } from 'kysely';
import type { UsageItem } from '../domain/usage.ts';

/** See migrations/organizations-and-imports.ts. */
export interface OrganizationTables {
  organizations: {
    id: string;
    slug: string;
    created_at: Generated<Date>;
  };
  usage: {
    session_id: string;
    application_id: string;
    item: UsageItem;
    price_micros: number;
    used_at: Date;
  };
}
