/**
 * Looks at the schema of a call's input when the contract is put together, and refuses one that would let a stranger
 * send anything of any size: only strict objects, only bounded text, lists and numbers. The fields are domain/fields.ts.
 */
import { invariant } from '../domain/errors.ts';

/** What of a valibot schema or action is read here; every kind has a `type`. */
interface Node {
  readonly type: string;
  readonly pipe?: readonly Node[];
  readonly entries?: Readonly<Record<string, Node>>;
  readonly item?: Node;
  readonly items?: readonly Node[];
  readonly wrapped?: Node;
  readonly options?: readonly unknown[];
  readonly key?: Node | string;
  readonly value?: Node;
  readonly class?: unknown;
}

const bounded = ['max_length', 'length', 'max_bytes', 'uuid', 'iso_date', 'iso_timestamp'];
const finite = ['finite', 'integer', 'safe_integer'];
const plain = ['boolean', 'literal', 'picklist', 'enum', 'null', 'undefined', 'never'];
const wrappers = ['optional', 'exact_optional', 'nullable', 'nullish', 'undefinedable'];

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';

/** Throws `internal: <where> ...` unless everything `schema` lets through has a bound and objects are strict. */
export function assertBounded(schema: Node, where: string): void {
  const top = schema.type;
  invariant(
    top === 'strict_object' || top === 'variant' || top === 'union',
    `${where}: its input is a v.strictObject (or a v.variant or v.union of them), not ${top}`,
  );
  visit(schema, where);
}

function visit(schema: Node, where: string): void {
  const actions = schema.pipe ?? [];
  const has = (types: readonly string[]) => actions.some(({ type }) => types.includes(type));
  if (schema.type === 'strict_object') {
    for (const [key, entry] of Object.entries(schema.entries ?? {})) visit(entry, `${where}.${key}`);
  } else if (schema.type === 'string') {
    invariant(has(bounded), `${where} has no greatest length: use text(max), name(max) or id`);
  } else if (schema.type === 'number') {
    invariant(has(finite), `${where} may be Infinity: use number(min, max) or whole(min, max)`);
  } else if (schema.type === 'array') {
    invariant(has(bounded), `${where} has no greatest length: use list(item, max) or ids(max)`);
    if (schema.item) visit(schema.item, `${where}[]`);
  } else if (schema.type === 'tuple' || schema.type === 'strict_tuple') {
    schema.items?.forEach((item, i) => visit(item, `${where}[${i}]`));
  } else if (schema.type === 'record') {
    invariant(has(['max_entries']), `${where} has no greatest number of entries: add v.maxEntries(max)`);
    if (isNode(schema.key)) visit(schema.key, `${where} (its keys)`);
    if (schema.value) visit(schema.value, `${where}{}`);
  } else if (schema.type === 'instance') {
    invariant(schema.class === Uint8Array && has(bounded), `${where}: bytes are given as bytes(max)`);
  } else if (schema.type === 'union' || schema.type === 'variant' || schema.type === 'intersect') {
    for (const option of schema.options ?? []) if (isNode(option)) visit(option, where);
  } else if (wrappers.includes(schema.type) && schema.wrapped) {
    visit(schema.wrapped, where);
  } else {
    invariant(plain.includes(schema.type), `${where}: ${schema.type} is nothing a call may take`);
  }
}
