import type { HttpServer } from '@selfsame/http/server';
import Type from 'typebox';
import type { Context } from '../../context.ts';
import type { Query } from '../../domain/session-filter.ts';
import { readUsage } from '../../usage.ts';
import { granted } from './answers.ts';
import { refusals } from './schemas.ts';

const Day = (description: string) => Type.String({ description: `YYYY-MM-DD, ${description}` });
const Dollars = Type.String({ description: 'US dollars, such as 12.30' });

const UsageBody = Type.Object({
  from: Day('the first day'),
  to: Day('the last day, included'),
  items: Type.Array(
    Type.Object({
      item: Type.String({ description: 'KYC, BIOMETRIC_AUTHENTICATION, REUSABLE_KYC or SHARED_IMPORT' }),
      count: Type.Integer(),
      total_usd: Dollars,
    }),
  ),
  total_usd: Dollars,
});

/** What sessions cost. */
export function usageRoutes(api: HttpServer, context: Context): void {
  api.get(
    '/v3/usage/',
    {
      // Sums name nobody.
      config: { audited: false },
      schema: {
        tags: ['usage'],
        summary:
          'Sum up what sessions cost: approved ones and those in review, once each, at the price of their day',
        querystring: Type.Object({
          from: Type.Optional(Day('UTC; the first of this month unless given')),
          to: Type.Optional(Day('UTC; today unless given')),
        }),
        response: { 200: UsageBody, ...refusals },
      },
    },
    async (request) => {
      const { usage } = granted(await readUsage(context, request.principal, request.query as Query));
      return usage;
    },
  );
}
