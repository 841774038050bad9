import {
  BigValueGraphMode,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  type Panel,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from '@grafana/grafana-foundation-sdk/dashboard';
import {
  PanelBuilder as HeatmapBuilder,
  HeatmapColorMode,
  HeatmapColorOptionsBuilder,
  YAxisConfigBuilder,
} from '@grafana/grafana-foundation-sdk/heatmap';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as GraphBuilder } from '@grafana/grafana-foundation-sdk/timeseries';

/** Units as Grafana names them. */
export type Unit =
  | 's' // seconds
  | 'percentunit' // 0 to 1
  | 'reqps'
  | 'ops'
  | 'short' // a number of things
  | 'bytes'
  | 'none'; // points of a score

/** What every panel says of itself. */
export interface PanelText {
  readonly title: string;
  /** What it shows, and what a bad value means. */
  readonly description: string;
  readonly unit: Unit;
  /** The alert whose runbook helps when the value is bad. */
  readonly runbook?: string;
  /** From here on it is bad. */
  readonly bad?: number;
  /** Of 24. */
  readonly width?: number;
}

/** A legend with the expression that it names: a text, or labels as `{{service}}`. */
export type Queries = Readonly<Record<string, string>>;

/** A panel that has neither its number nor its place in the dashboard yet. */
export type Unplaced = Omit<Panel, 'id' | 'gridPos'> & { readonly width: number; readonly height: number };

/** Whichever Prometheus the reader of a dashboard picks. */
export const datasource = { type: 'prometheus', uid: `\${datasource}` };

/** Lines over time. Exemplars are dots that lead to a trace: for histograms. */
export function graph(
  text: PanelText & { readonly isStacked?: boolean; readonly hasExemplars?: boolean },
  queries: Queries,
): Unplaced {
  const builder = new GraphBuilder()
    .datasource(datasource)
    .unit(text.unit)
    .min(0)
    .fillOpacity(text.isStacked ? 40 : 8)
    .lineWidth(1)
    .showPoints(VisibilityMode.Never)
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi))
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .showLegend(true)
        .calcs([]),
    );
  if (text.isStacked) builder.stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group('A'));
  if (text.bad !== undefined) {
    builder
      .thresholds(thresholds(text.bad))
      .thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed));
  }
  for (const target of targets(queries, (query) => query.range().exemplar(text.hasExemplars ?? false))) {
    builder.withTarget(target);
  }
  return finish(builder.build(), text, { width: 8, height: 8 });
}

/** One number, as it is now, on the line that it came by. Red from `bad` on. */
export function number(text: PanelText, queries: Queries): Unplaced {
  const builder = new StatBuilder()
    .datasource(datasource)
    .unit(text.unit)
    .graphMode(BigValueGraphMode.Area)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']).values(false).fields(''))
    .thresholds(thresholds(text.bad));
  for (const target of targets(queries, (query) => query.range())) builder.withTarget(target);
  return finish(builder.build(), text, { width: 4, height: 4 });
}

/** A histogram over time: the darker, the more. @param expression keeps the label `le` */
export function heat(text: PanelText, expression: string): Unplaced {
  const builder = new HeatmapBuilder()
    .datasource(datasource)
    .unit('short')
    .calculate(false)
    .color(
      new HeatmapColorOptionsBuilder()
        .mode(HeatmapColorMode.Scheme)
        .scheme('Oranges')
        .steps(64)
        .exponent(0.5),
    )
    .yAxis(new YAxisConfigBuilder().unit(text.unit))
    .showLegend();
  const asHeatmap = (query: DataqueryBuilder) => query.range().format(PromQueryFormat.Heatmap).exemplar(true);
  for (const target of targets({ '{{le}}': expression }, asHeatmap)) builder.withTarget(target);
  return finish(builder.build(), text, { width: 8, height: 8 });
}

function targets(queries: Queries, also: (query: DataqueryBuilder) => DataqueryBuilder): DataqueryBuilder[] {
  return Object.entries(queries).map(([legend, expression], index) =>
    also(
      new DataqueryBuilder()
        .datasource(datasource)
        .expr(expression)
        .legendFormat(legend)
        .refId(String.fromCharCode('A'.charCodeAt(0) + index)),
    ),
  );
}

function thresholds(bad?: number): ThresholdsConfigBuilder {
  const steps = [
    { value: null, color: 'green' },
    ...(bad === undefined ? [] : [{ value: bad, color: 'red' }]),
  ];
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps);
}

function finish(panel: Panel, text: PanelText, size: { width: number; height: number }): Unplaced {
  const help = text.runbook === undefined ? '' : `\n\nRunbook: docs/runbooks/${text.runbook}.md`;
  const { title } = text;
  return { ...panel, title, description: text.description + help, ...size, width: text.width ?? size.width };
}
