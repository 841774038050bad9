import { columns, duration, type Paint, wrap } from '../terminal.ts';
import type { EventFate, LookTime, Trace, TraceEntry } from './trace.ts';

/** Names that leave room for what is told. */
const shortNames: Readonly<Record<string, string>> = {
  'fraud-signals': 'signals',
  'webhook-dispatcher': 'webhooks',
};
const widths = { time: 12, offset: 11, gap: 10, service: 10 };
const margin = widths.time + widths.offset + widths.gap + widths.service + 6;

/** A story that is longer is shortened in the middle; what is wrong always shows. */
const shownMax = 120;
const headShown = 30;
const tailShown = 60;

/** The story for a terminal of 100 columns. @param options.isWhole shows every entry, however many there are */
export function traceText(trace: Trace, paint: Paint, options: { isWhole: boolean }): string {
  const { story, problems, unread } = trace;
  const first = story[0];
  const lines = [...heading(trace, paint), ''];
  let day = '';
  let leftOut = 0;
  const flush = () => {
    if (leftOut > 0) lines.push(paint('dim', `… ${leftOut} entries left out; --all shows them`));
    leftOut = 0;
  };
  story.forEach((entry, index) => {
    if (!options.isWhole && isLeftOut(entry, index, story.length)) {
      leftOut += 1;
      return;
    }
    flush();
    const today = entry.at.toISOString().slice(0, 10);
    if (today !== day) lines.push(paint('dim', `${today} UTC`));
    day = today;
    lines.push(...entryLines(entry, paint));
  });
  flush();
  if (first === undefined) lines.push('nothing is known of it');
  lines.push('', ...summary(trace, paint));
  if (unread.length > 0) {
    lines.push('', paint('yellow', 'not read, so that something may be missing above:'));
    lines.push(...unread.flatMap(({ service, reason }) => wrap(`  ${service}: ${reason}`, columns, '  ')));
  }
  lines.push('');
  if (problems.length === 0) lines.push(paint('green', 'nothing stands out'));
  else {
    lines.push(paint('red', `${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}:`));
    lines.push(...problems.flatMap(({ service, text }) => wrap(`  ! ${service}: ${text}`, columns, '  ')));
  }
  return `${lines.join('\n')}\n`;
}

function isLeftOut({ problem, kind }: TraceEntry, index: number, length: number): boolean {
  if (length <= shownMax || problem !== null) return false;
  return kind !== 'status' && index >= headShown && index < length - tailShown;
}

function heading({ session_id, application, status, story }: Trace, paint: Paint): string[] {
  const created = story.find(({ kind }) => kind === 'created')?.facts ?? {};
  const deleted = created.deleted_at instanceof Date ? ', deleted' : '';
  return [
    `${paint('bold', `session ${session_id}`)}  ${paint('bold', `${status}${deleted}`)}`,
    ...wrap(`application ${application.slug} (${application.id})`, columns),
  ];
}

function entryLines(entry: TraceEntry, paint: Paint): string[] {
  const { at, offset_ms, gap_ms, service, text, lines, event, problem } = entry;
  const time = at.toISOString().slice(11, 23);
  const offset = `+${duration(offset_ms)}`.replace('+-', '-').padStart(widths.offset);
  const gap = (gap_ms === 0 ? '' : duration(gap_ms)).padStart(widths.gap);
  const name = (shortNames[service] ?? service).padEnd(widths.service);
  const room = columns - margin;
  const [head = '', ...more] = wrap(text, room, '  ');
  const further = [
    ...more,
    ...lines.flatMap((line) => wrap(line, room - 2, '  ').map((part) => `  ${part}`)),
    ...(event === null ? [] : wrap(fateWords(event), room - 2, '  ').map((part) => `  ${part}`)),
  ];
  const troubled = problem === null ? [] : wrap(`! ${problem}`, room, '  ');
  const indent = ' '.repeat(margin);
  const mark = problem === null ? ' ' : paint('red', '!');
  return [
    `${time} ${offset} ${paint('dim', gap)} ${mark} ${name} ${paintHead(entry, head, paint)}`.trimEnd(),
    ...further.map((line) => `${indent}${paint('dim', line)}`),
    ...troubled.map((line) => `${indent}${paint('red', line)}`),
  ];
}

function paintHead({ kind, facts, problem }: TraceEntry, text: string, paint: Paint): string {
  if (problem !== null) return paint('red', text);
  if (kind === 'status' || kind === 'verdict') {
    const status = facts.status ?? facts.verdict;
    if (status === 'Approved') return paint('green', text);
    return status === 'Declined' || status === 'In Review' ? paint('yellow', text) : text;
  }
  return text;
}

function fateWords({ name, stream_sequence, handled, waiting, dead_letters: buried }: EventFate): string {
  const published = stream_sequence === null ? 'not published' : `#${stream_sequence}`;
  const by = handled.map((one) => `${shortNames[one.by] ?? one.by} after ${duration(one.after_ms)}`);
  const parts = [
    `${name} ${published}`,
    ...(by.length > 0 ? [`handled by ${by.join(', ')}`] : []),
    ...(waiting.length > 0 && stream_sequence !== null ? [`waits for ${waiting.join(', ')}`] : []),
    ...(buried.length > 0 ? [`dead letter at ${buried.map((one) => one.by).join(', ')}`] : []),
  ];
  return parts.join('; ');
}

function summary({ looks, trace_ids }: Trace, paint: Paint): string[] {
  const traces = trace_ids.slice(0, 20);
  const more =
    trace_ids.length > traces.length ? [`        and ${trace_ids.length - traces.length} more`] : [];
  return [
    ...looks.flatMap((look) => wrap(lookWords(look), columns, '    ')),
    ...(traces.length === 0 ? [] : [`traces  ${traces[0]}`]),
    ...traces.slice(1).map((id) => `        ${id}`),
    ...more,
  ].map((line) => paint('bold', line));
}

function lookWords({
  status,
  frame_to_verdict_ms,
  verdict_to_webhook_ms,
  frame_to_webhook_ms,
}: LookTime): string {
  const verdict = `frame → ${status} ${duration(frame_to_verdict_ms)}`;
  if (verdict_to_webhook_ms === null || frame_to_webhook_ms === null)
    return `${verdict}, no webhook went out`;
  return `${verdict} → webhook's first byte ${duration(verdict_to_webhook_ms)}, ${duration(frame_to_webhook_ms)} in all`;
}
