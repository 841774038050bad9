import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { findKubectl } from './kubectl.ts';
import type { KubernetesObject } from './policies/objects.ts';

/** The overlays of this folder. */
export const overlayNames = ['dev', 'production', 'production-gpu'] as const;

/** kubectl, or undefined where there is none; `npm test` fetches one. */
export const kubectl = findKubectl();

const rendered = new Map<string, readonly KubernetesObject[]>();

/** What `kubectl apply -k` would send, to be changed at will; each folder is rendered once. @param folder absolute, or within this one */
export function render(folder: string): KubernetesObject[] {
  const known = rendered.get(folder) ?? renderAnew(folder);
  rendered.set(folder, known);
  return structuredClone([...known]);
}

function renderAnew(folder: string): KubernetesObject[] {
  const text = execFileSync(String(kubectl), ['kustomize', resolve(import.meta.dirname, folder)], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  return parseAllDocuments(text).map((document) => document.toJS() as KubernetesObject);
}
