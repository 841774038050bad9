import type { KubernetesObject, Objects } from './objects.ts';

/** Something that every overlay keeps to. */
export interface Rule {
  readonly name: string;
  /** What goes wrong without it. */
  readonly why: string;
  /** Overlays that it is about: all of them, unless only those that have to survive something. */
  readonly scope?: 'production';
  /** @returns what breaks the rule, by name; empty when all is well */
  check(objects: Objects): string[];
  /** Takes away what the rule asks for, and nothing that another rule asks for. */
  breakIt(objects: KubernetesObject[]): void;
}

/** Where workloads keep what a pod is, and its first container, as `change` takes it. */
export const podSpec = 'spec.template.spec';
export const container = `${podSpec}.containers.0`;

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/**
 * Changes one field in place, in the object `Kind/name` (names of ConfigMaps without their hash).
 * @param path `spec.template.spec.containers.0.image`; dots in a key are written `\.`
 * @param value undefined removes the field, which has to be there
 */
export function change(objects: KubernetesObject[], where: string, path: string, value?: Json): void {
  const target = get(objects, where);
  const keys = path.split(/(?<!\\)\./).map((key) => key.replaceAll('\\.', '.'));
  const last = keys.pop() ?? '';
  const parent = keys.reduce<unknown>((at, key) => {
    const next = Reflect.get(Object(at), key);
    if (next === undefined) throw new Error(`${where} has no ${key} in ${path}`);
    return next;
  }, target);
  const holder = Object(parent) as object;
  if (value !== undefined) {
    Reflect.set(holder, last, value);
  } else {
    if (!(last in holder)) throw new Error(`${where} has no ${path} to take away`);
    if (Array.isArray(holder)) holder.splice(Number(last), 1);
    else Reflect.deleteProperty(holder, last);
  }
}

/** Adds to a list in place. */
export function append(objects: KubernetesObject[], where: string, path: string, value: Json): void {
  const list = path
    .split('.')
    .reduce<unknown>((at, key) => Reflect.get(Object(at), key), get(objects, where));
  if (!Array.isArray(list)) throw new Error(`${where} has no list ${path}`);
  list.push(value);
}

/** Takes an object away. */
export function remove(objects: KubernetesObject[], where: string): void {
  objects.splice(objects.indexOf(get(objects, where)), 1);
}

/** Adds an object. */
export function add(objects: KubernetesObject[], object: Json): void {
  objects.push(object as unknown as KubernetesObject);
}

/** The object `Kind/name`. @throws Error when there is none */
export function get(objects: readonly KubernetesObject[], where: string): KubernetesObject {
  const [kind, name] = where.split('/');
  const found = objects.find(
    (each) => each.kind === kind && each.metadata.name.replace(/-[a-z0-9]{10}$/, '') === name,
  );
  if (found === undefined) throw new Error(`${where} is not rendered`);
  return found;
}
