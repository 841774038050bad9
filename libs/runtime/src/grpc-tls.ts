import { readFileSync } from 'node:fs';
import { type ChannelCredentials, experimental, ServerCredentials } from '@grpc/grpc-js';
import { Failure } from './errors.ts';

/** Files in PEM: who this process is, and the authority that vouches for the others. Read again as they change. */
export interface GrpcTls {
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly authorityFile: string;
  /** How soon renewed files are noticed; 30 s unless given. */
  readonly refreshMs?: number;
}

const variables = ['GRPC_TLS_CERT', 'GRPC_TLS_KEY', 'GRPC_TLS_CA'] as const;
/** Issuers renew weeks ahead; a volume of Kubernetes follows within a minute or so. */
const defaultRefreshMs = 30_000;

/**
 * What the environment says: undefined when it says nothing, and calls go in the clear.
 * @throws Failure `grpc_tls_incomplete`, `grpc_tls_unreadable`
 */
export function readGrpcTls(environment: Readonly<Record<string, string | undefined>>): GrpcTls | undefined {
  const [certificateFile = '', keyFile = '', authorityFile = ''] = variables.map(
    (name) => environment[name] ?? '',
  );
  const files = [certificateFile, keyFile, authorityFile];
  if (files.every((file) => file === '')) return undefined;
  if (files.includes('')) {
    throw new Failure(
      'precondition',
      'grpc_tls_incomplete',
      `${variables.join(', ')} belong together: set all of them, or none`,
    );
  }
  for (const [index, file] of files.entries()) {
    try {
      readFileSync(file);
    } catch (cause) {
      const text = `${variables[index]} names ${file}, which cannot be read`;
      throw new Failure('precondition', 'grpc_tls_unreadable', text, { cause });
    }
  }
  return { certificateFile, keyFile, authorityFile };
}

/** Both sides show a certificate of the authority: a caller without one gets no connection. */
export function serverCredentials(tls: GrpcTls | undefined): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure();
  const watched = watchFiles(tls);
  return experimental.createCertificateProviderServerCredentials(watched, watched, true);
}

/** For calls; the server's certificate has to name the host that is called. Undefined: in the clear. */
export function clientCredentials(tls: GrpcTls | undefined): ChannelCredentials | undefined {
  if (tls === undefined) return undefined;
  const watched = watchFiles(tls);
  return experimental.createCertificateProviderChannelCredentials(watched, watched);
}

function watchFiles({ certificateFile, keyFile, authorityFile, refreshMs = defaultRefreshMs }: GrpcTls) {
  return new experimental.FileWatcherCertificateProvider({
    certificateFile,
    privateKeyFile: keyFile,
    caCertificateFile: authorityFile,
    refreshIntervalMs: refreshMs,
  });
}
