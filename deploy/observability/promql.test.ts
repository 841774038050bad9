import { expect, test } from 'vitest';
import { ofNamespace } from './promql.ts';

test.each([
  ['selfsame_build_info', 'selfsame_build_info{namespace="blue"}'],
  ['absent(selfsame_build_info{service="a"})', 'absent(selfsame_build_info{namespace="blue",service="a"})'],
  ['rate(selfsame_x_total[5m] offset 1d)', 'rate(selfsame_x_total{namespace="blue"}[5m] offset 1d)'],
  [
    'up{job=~"(.+/)?selfsame"} == 1 unless on (job, instance) selfsame_build_info',
    'up{namespace="blue",job=~"(.+/)?selfsame"} == 1 unless on (job, instance) selfsame_build_info{namespace="blue"}',
  ],
  ['process_start_time_seconds{a="b"}', 'process_start_time_seconds{namespace="blue",a="b"}'],
  ['selfsame_x{namespace="red",a="b"}', 'selfsame_x{namespace="blue",a="b"}'],
  ['selfsame_x{namespace="red"}', 'selfsame_x{namespace="blue"}'],
])('%s asks for one namespace', (expression, asked) => {
  expect(ofNamespace(expression, 'blue')).toBe(asked);
  expect(ofNamespace(asked, 'blue')).toBe(asked);
});
