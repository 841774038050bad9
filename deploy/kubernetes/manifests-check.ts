import { text } from 'node:stream/consumers';
import { parseAllDocuments } from 'yaml';
import { all, type KubernetesObject, type Objects, pods, servers, settingsOf } from './policies/objects.ts';

const wholePrivateRanges = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'];

/** What an overlay still has from us and must have of its own, one line each; empty when it may be applied. */
export function stillToSet(objects: Objects): string[] {
  const images = pods(objects).flatMap(({ containers }) => containers.map(({ image = '' }) => image));
  const trusted = servers(objects).flatMap((pod) =>
    (settingsOf(objects, pod).TRUSTED_PROXIES ?? '').split(','),
  );
  const classes = all(objects, 'Gateway').map(({ spec }) => spec?.gatewayClassName);
  const hosts = objects.flatMap(({ kind, metadata, ...rest }) => {
    const found = JSON.stringify(withoutImages(rest)).match(/[\w.-]*\bexample\.(com|org|net)\b/g) ?? [];
    return found.map((host) => `${kind}/${metadata.name} names ${host}`);
  });
  const findings = [
    ...hosts,
    ...(classes.includes('selfsame')
      ? ['gatewayClassName is "selfsame": name the class of your cluster']
      : []),
    ...wholePrivateRanges
      .filter((range) => trusted.includes(range))
      .map((range) => `TRUSTED_PROXIES has all of ${range}: name the gateway's addresses alone`),
    ...images
      .filter((image) => /\/selfsame\/|^selfsame\//.test(image) && !image.includes('@sha256:'))
      .map((image) => `the image ${image} is a tag: name its digest`),
    ...images
      .filter((image) => image.startsWith('registry.example.com/'))
      .map((image) => `${image} is nobody's`),
  ];
  return [...new Set(findings)];
}

function withoutImages(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, each: unknown) => (key === 'image' ? undefined : each)));
}

if (import.meta.main) {
  const documents = parseAllDocuments(await text(process.stdin));
  const objects = documents.flatMap((document) => (document.toJS() as KubernetesObject | null) ?? []);
  const findings =
    objects.length === 0
      ? ['nothing came in: kubectl kustomize my-overlay | pnpm manifests:check']
      : stillToSet(objects);
  for (const finding of findings) console.log(finding);
  if (findings.length === 0) console.log('nothing of ours is left to be set');
  process.exitCode = findings.length === 0 ? 0 : 1;
}
