/** See migrations/audit-log.ts. */
export interface AuditTables {
  audit_log: {
    id: string;
    application_id: string;
    occurred_at: Date;
    service: string;
    actor_type: 'API_KEY' | 'OPERATOR';
    actor: string;
    method: string;
    path: string;
    status: number | null;
    ip_address: string | null;
    request_id: string;
  };
}
