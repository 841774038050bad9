/** `webhook-dispatcher` → schema `webhook_dispatcher`, owned by role `selfsame_webhook_dispatcher`. */
export function namesOf(service: string): { schema: string; role: string } {
  if (!/^[a-z][a-z0-9-]{0,40}$/.test(service)) throw new Error(`not a service name: ${service}`);
  const schema = service.replaceAll('-', '_');
  return { schema, role: `selfsame_${schema}` };
}
