import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  type VariableModel,
  VariableRefresh,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { datasource, type Unplaced } from './panels.ts';

/** One page of Grafana: rows of panels under a name, laid out from left to right. */
export interface DashboardSpec {
  /** Also the file's name. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** Beside the one for Prometheus. */
  readonly variables?: readonly Builder<VariableModel>[];
  readonly rows: Readonly<Record<string, readonly Unplaced[]>>;
}

const gridWidth = 24;

/** Picks one or several services; queries say `service=~"$service"`. */
export const serviceVariable = new QueryVariableBuilder('service')
  .label('Service')
  .datasource(datasource)
  .query({ query: 'label_values(selfsame_build_info, service)', refId: 'services' })
  .refresh(VariableRefresh.OnTimeRangeChanged)
  .multi(true)
  .includeAll(true)
  .current({ text: 'All', value: '$__all' });

/** The dashboard as Grafana 11 and newer read it. */
export function buildDashboard(spec: DashboardSpec): Dashboard {
  const builder = new DashboardBuilder(`Selfsame / ${spec.title}`)
    .uid(`selfsame-${spec.name}`)
    .description(spec.description)
    .tags(['selfsame'])
    .readonly()
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: 'now-3h', to: 'now' })
    .refresh('30s')
    .timezone('browser')
    .withVariable(new DatasourceVariableBuilder('datasource').label('Metrics').type('prometheus'))
    .link(
      new DashboardLinkBuilder('Selfsame')
        .type(DashboardLinkType.Dashboards)
        .tags(['selfsame'])
        .asDropdown(true)
        .keepTime(true),
    );
  for (const variable of spec.variables ?? []) builder.withVariable(variable);
  return { ...builder.build(), panels: place(spec.rows) };
}

/** Numbers the panels and puts each beside the one before while there is room. */
function place(rows: DashboardSpec['rows']): NonNullable<Dashboard['panels']> {
  const placed: NonNullable<Dashboard['panels']> = [];
  let y = 0;
  for (const [title, panels] of Object.entries(rows)) {
    const id = placed.length + 1;
    placed.push({
      type: 'row',
      id,
      title,
      collapsed: false,
      gridPos: { x: 0, y, w: gridWidth, h: 1 },
      panels: [],
    });
    y += 1;
    let x = 0;
    let lineHeight = 0;
    for (const { width, height, ...panel } of panels) {
      if (x + width > gridWidth) {
        x = 0;
        y += lineHeight;
        lineHeight = 0;
      }
      placed.push({ ...panel, id: placed.length + 1, gridPos: { x, y, w: width, h: height } });
      x += width;
      lineHeight = Math.max(lineHeight, height);
    }
    y += lineHeight;
  }
  return placed;
}
