import { alerts } from './alerts.ts';
import { dashboards } from './dashboards.ts';
import { readRendered } from './render.ts';
import { readRunbooks } from './runbooks.ts';

/** Something that a dashboard, an alert or a runbook asks Prometheus. */
export interface Question {
  /** Who asks: `overview / Errors`, `alert ApiErrorsFast`. */
  readonly asker: string;
  readonly expression: string;
  /** Labels that each answer must have, since a legend or a sentence names them. */
  readonly labels: readonly string[];
}

/** What came of it: data, or what is wrong with the answer. */
export interface Finding extends Question {
  readonly problem?: string;
}

interface RenderedPanel {
  title?: string;
  type: string;
  targets?: { expr?: string; legendFormat?: string }[];
}

interface Answer {
  status: string;
  error?: string;
  data?: { result: { metric: Record<string, string>; values: [number, string][] }[] };
}

const concurrentQuestions = 4;

/** Every query of every panel, as its file has it, all that alerts read, and what runbooks want to be pasted. */
export function everyQuestion(): Question[] {
  return [...panelQuestions(), ...alertQuestions(), ...runbookQuestions()];
}

function runbookQuestions(): Question[] {
  return readRunbooks().flatMap(({ name, queries }) =>
    queries.map((expression) => ({ asker: `runbook ${name}`, expression, labels: [] })),
  );
}

function panelQuestions(): Question[] {
  return dashboards.flatMap(({ name }) => {
    const { panels } = JSON.parse(readRendered(`grafana/dashboards/${name}.json`)) as {
      panels: RenderedPanel[];
    };
    return panels.flatMap(({ title, targets = [] }) =>
      targets.flatMap(({ expr, legendFormat = '' }) =>
        expr === undefined
          ? []
          : [
              {
                asker: `${name} / ${title}`,
                expression: outsideGrafana(expr),
                labels: labelsIn(legendFormat),
              },
            ],
      ),
    );
  });
}

/** An alert that does not fire answers with nothing: asked is what it compares, which must be there at all times. */
function alertQuestions(): Question[] {
  return alerts.flatMap(({ name, when, summary }) => {
    const named = labelsIn(summary, '$labels.');
    return when.reads.map((expression, index) => ({
      asker: `alert ${name}`,
      expression,
      // What it says of a firing comes from the first comparison; those beside it may have fewer labels.
      labels: index === 0 ? named : [],
    }));
  });
}

/** Names in `{{name}}`, or in `{{ $labels.name }}`. */
export function labelsIn(text: string, prefix = ''): string[] {
  return [...text.matchAll(/\{\{\s*([$\w.]+)[^}]*\}\}/g)]
    .map(([, name = '']) => name)
    .filter((name) => name.startsWith(prefix) && name !== '$value')
    .map((name) => name.slice(prefix.length));
}

/** What Grafana puts in for its variables. */
function outsideGrafana(expression: string): string {
  return expression.replaceAll('$__rate_interval', '1m').replaceAll('$service', '.*');
}

/** Asks about a while, and says of each question whether it has an answer. */
export async function askAll(
  url: string,
  questions: readonly Question[],
  during: { readonly from: Date; readonly to: Date },
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const waiting = [...questions.entries()];
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, question] = next;
      const problem = await ask(url, question, during);
      findings[index] = problem === undefined ? question : { ...question, problem };
    }
  };
  await Promise.all(Array.from({ length: concurrentQuestions }, work));
  return findings;
}

async function ask(
  url: string,
  { expression, labels }: Question,
  { from, to }: { readonly from: Date; readonly to: Date },
): Promise<string | undefined> {
  const body = new URLSearchParams({
    query: expression,
    start: String(from.getTime() / 1000),
    end: String(to.getTime() / 1000),
    step: '2',
  });
  const response = await fetch(`${url}/api/v1/query_range`, {
    method: 'POST',
    body,
    signal: AbortSignal.timeout(60_000),
  });
  const { error, data } = (await response.json()) as Answer;
  if (data === undefined) return error ?? `Prometheus answered ${response.status}`;
  if (data.result.length === 0) return 'no data';
  const numbers = data.result.filter(({ values }) =>
    values.some(([, value]) => Number.isFinite(Number(value))),
  );
  if (numbers.length === 0) return 'no number among the data';
  const missing = labels.find((label) => !numbers.some(({ metric }) => metric[label] !== undefined));
  return missing === undefined ? undefined : `the data have no label ${missing}`;
}
