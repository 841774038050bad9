import type { Stand } from './stand.ts';

/** Prints what the database spent its time on since the last time, by statement. */
export async function printStatements(stand: Stand, title: string): Promise<void> {
  const rows = await stand.query<Record<string, string>>(`
    SELECT round(total_exec_time::numeric) AS ms, calls, round(mean_exec_time::numeric, 3) AS mean_ms, rows,
      round(wal_bytes / 1024) AS wal_kb, left(regexp_replace(query, '\\s+', ' ', 'g'), 90) AS statement
    FROM pg_stat_statements ORDER BY total_exec_time DESC LIMIT 12`);
  console.log(`\ndatabase, ${title}`);
  console.table(rows);
}

export async function forgetStatements(stand: Stand): Promise<void> {
  await stand.query('SELECT pg_stat_statements_reset()');
}
