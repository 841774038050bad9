import type { DashboardSpec } from './dashboard.ts';
import { capacity } from './dashboards/capacity.ts';
import { delivery } from './dashboards/delivery.ts';
import { flow } from './dashboards/flow.ts';
import { fraud } from './dashboards/fraud.ts';
import { inference } from './dashboards/inference.ts';
import { overview } from './dashboards/overview.ts';

/** Every dashboard. */
export const dashboards: readonly DashboardSpec[] = [overview, flow, inference, delivery, fraud, capacity];
