import { checkQueries, findPrometheus } from './query-check.ts';

/** `pnpm observe:check`: does every query of every dashboard and alert return data? */
const tools = findPrometheus(console.log);
if (tools === undefined) {
  console.error('prometheus was not found: install it (Debian: apt-get install prometheus)');
  process.exit(1);
}
const { findings, exemplars } = await checkQueries(tools, console.log);
const wrong = findings.filter(({ problem }) => problem !== undefined);
for (const { asker, problem, expression } of wrong) console.log(`✗ ${asker}: ${problem}\n    ${expression}`);
console.log(
  `${findings.length - wrong.length} of ${findings.length} queries return data, ${exemplars} verdicts lead to a trace`,
);
process.exit(wrong.length === 0 && exemplars > 0 ? 0 : 1);
