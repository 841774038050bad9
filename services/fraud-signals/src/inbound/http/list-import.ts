import type { IncomingMessage } from 'node:http';
import { setImmediate as breathe } from 'node:timers/promises';
import { DetailError, type HttpServer } from '@selfsame/http/server';
import { validatorCompiler } from '@selfsame/http/validation';
import type { FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { Context } from '../../context.ts';
import { CsvRefusal, type CsvTable, csvLimits, readCsv } from '../../domain/lists/csv.ts';
import { type ImportReport, importEntries } from '../../lists/import.ts';
import { granted, OneList, Refused } from './list-shapes.ts';

const ReportBody = Type.Object({
  imported: Type.Integer(),
  duplicates: Type.Integer({ description: 'On the list already, or further up in the file' }),
  rejected: Type.Integer(),
  errors: Type.Array(Type.Object({ line: Type.Integer(), reason: Type.String() }), {
    description: 'The first thousand, by line from 1 (the header); no reason repeats a value',
  }),
  errors_left_out: Type.Integer(),
});

/** What the parser made of the body, where OpenAPI shows the file. */
const File = Type.Unsafe<CsvTable>(
  Type.String({ description: 'UTF-8. Header: value and, if wanted, display_label and comment' }),
);

/** `/v3/lists/{uuid}/entries/import/`: many entries at once. */
export function addListImportRoute(server: HttpServer, context: Context): void {
  void server.register(async (api: HttpServer) => {
    takeCsv(api);
    api.post(
      '/v3/lists/:uuid/entries/import/',
      {
        bodyLimit: csvLimits.bytes,
        // The file was checked while it was read.
        validatorCompiler: (route) =>
          route.httpPart === 'body' ? (value: unknown) => ({ value }) : validatorCompiler(route),
        schema: {
          summary: 'Import entries from a CSV file',
          description:
            `At most ${csvLimits.lines} lines and 2 MB. Good lines are imported and bad ones reported; with atomic=true one ` +
            'bad line keeps all of them out, and the report comes with status 400.',
          consumes: ['text/csv'],
          params: OneList,
          querystring: Type.Object({ atomic: Type.Boolean({ default: false }) }),
          body: File,
          response: { 200: ReportBody, 400: Type.Union([ReportBody, Refused]) },
        },
      },
      async (request, reply) => {
        const { atomic } = request.query;
        const { applicationId } = request.principal;
        const table = request.body;
        const report = granted(
          await importEntries(context, applicationId, request.params.uuid, table, { atomic }),
        );
        const isRefused = atomic && report.rejected > 0;
        return await reply.code(isRefused ? 400 : 200).send(toReportBody(report));
      },
    );
  });
}

/** Reads CSV while it arrives, and nothing else. */
function takeCsv(api: HttpServer): void {
  api.removeAllContentTypeParsers();
  api.addContentTypeParser('*', async () => {
    throw new DetailError(415, 'Send the file as text/csv.');
  });
  api.addContentTypeParser('text/csv', async (request: FastifyRequest, payload: IncomingMessage) => {
    const charset = /charset="?([\w-]+)/i.exec(request.headers['content-type'] ?? '')?.[1];
    if (charset !== undefined && !/^(utf-?8|us-ascii)$/i.test(charset)) {
      throw new DetailError(415, 'Send the file in UTF-8.');
    }
    if (Number(request.headers['content-length'] ?? 0) > csvLimits.bytes) throw tooLarge();
    return readTable(payload);
  });
}

async function readTable(payload: IncomingMessage): Promise<CsvTable> {
  const reader = readCsv();
  let bytes = 0;
  try {
    for await (const chunk of payload) {
      bytes += chunk.length;
      if (bytes > csvLimits.bytes) throw tooLarge();
      reader.push(chunk);
      await breathe();
    }
    return reader.end();
  } catch (error) {
    // The rest goes nowhere, but it is read, so that the client comes to read the answer.
    payload.resume();
    if (error instanceof CsvRefusal) throw new DetailError(400, error.message);
    if (error instanceof DetailError) throw error;
    throw new DetailError(400, 'The file did not arrive whole.');
  }
}

function tooLarge(): DetailError {
  return new DetailError(413, 'A file may be no larger than 2 MB.');
}

function toReportBody({ errorsLeftOut, errors, ...counts }: ImportReport) {
  return { ...counts, errors: [...errors], errors_left_out: errorsLeftOut };
}
