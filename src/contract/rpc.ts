/**
 * The words of the contract: a slice names calls (one answer) and streams (items until done or cancelled) by valibot
 * schemas, and the types of who serves it and who consumes it follow. How to add a call is README.md, beside this file.
 */
import type * as v from 'valibot';
import { invariant } from '../domain/errors.ts';
import { assertBounded } from './bounds.ts';

export { bytes, id, ids, limit, list, name, nothing, number, offset, text, whole } from '../domain/fields.ts';

export type Schema = v.GenericSchema;

/** One question, one answer. */
export interface Call<I extends Schema = Schema, O extends Schema = Schema> {
  readonly kind: 'call';
  readonly input: I;
  readonly output: O;
}

/** One question, items until the serving side is done or the consumer leaves. */
export interface Stream<I extends Schema = Schema, T extends Schema = Schema> {
  readonly kind: 'stream';
  readonly input: I;
  readonly item: T;
  /** One item in flight for each subscriber and only the newest kept: previews and progress. */
  readonly latest: boolean;
}

export type Definition = Call | Stream;
export type Definitions = Readonly<Record<string, Definition>>;

/** A part of the contract, served by one service: `photos`, `people`, ... */
export interface Slice<N extends string = string, D extends Definitions = Definitions> {
  readonly name: N;
  readonly definitions: D;
}

/** All slices one connection carries, by name. */
export type Contract = Readonly<Record<string, Slice>>;

/** What a handler knows besides its input. */
export interface Context {
  /** Aborted when the consumer cancels, leaves, or its connection closes. */
  readonly signal: AbortSignal;
  /** Whose call it is: one id for each connection. */
  readonly client: string;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

type Input<D extends Definition> = v.InferOutput<D['input']>;
/** A call whose input has no required field may be made without one. */
type Asked<D extends Definition, I = v.InferInput<D['input']>> =
  Record<never, never> extends I ? [input?: I, options?: CallOptions] : [input: I, options?: CallOptions];

/** What a service implements for one definition; a call may answer at once or later. */
export type Handler<D extends Definition> = D extends Stream
  ? (input: Input<D>, context: Context) => AsyncIterable<v.InferInput<D['item']>>
  : D extends Call
    ? (input: Input<D>, context: Context) => Promise<v.InferInput<D['output']>> | v.InferInput<D['output']>
    : never;

/** What a service implements: a function for each name of its slice. */
export type Handlers<S extends Slice> = {
  readonly [K in keyof S['definitions']]: Handler<S['definitions'][K]>;
};

/** What a consumer sees of one slice. Every rejection is a UserError. */
export type Client<S extends Slice> = {
  readonly [K in keyof S['definitions']]: S['definitions'][K] extends Stream
    ? (...asked: Asked<S['definitions'][K]>) => AsyncIterable<v.InferOutput<S['definitions'][K]['item']>>
    : S['definitions'][K] extends Call
      ? (...asked: Asked<S['definitions'][K]>) => Promise<v.InferOutput<S['definitions'][K]['output']>>
      : never;
};

/** The handlers of all slices of a contract, by name. */
export type ContractHandlers<C extends Contract> = { readonly [N in keyof C]: Handlers<C[N]> };

/** The client of all slices of a contract, by name: `client.photos.page({ ... })`. */
export type ContractClient<C extends Contract> = { readonly [N in keyof C]: Client<C[N]> };

/** Defines a call. `input` is a v.strictObject of bounded fields; `output` is plain data and Uint8Arrays. */
export function call<const I extends Schema, const O extends Schema>(definition: {
  input: I;
  output: O;
}): Call<I, O> {
  return { kind: 'call', ...definition };
}

/** Defines a stream; with `latest`, a slow consumer skips to the newest item (the last one always arrives). */
export function stream<const I extends Schema, const T extends Schema>(definition: {
  input: I;
  item: T;
  latest?: boolean;
}): Stream<I, T> {
  return { kind: 'stream', latest: false, ...definition };
}

/** Names a group of calls and streams. Throws at once (`internal:`) where an input has a field without a bound. */
export function slice<const N extends string, const D extends Definitions>(
  sliceName: N,
  definitions: D,
): Slice<N, D> {
  for (const [key, { input }] of Object.entries(definitions)) assertBounded(input, `${sliceName}.${key}`);
  return { name: sliceName, definitions };
}

/** Puts slices together, each under its own name. */
export function contract<const S extends readonly Slice[]>(
  ...slices: S
): { readonly [N in S[number]['name']]: Extract<S[number], { name: N }> } {
  invariant(new Set(slices.map(({ name }) => name)).size === slices.length, 'two slices of one name');
  const entries = slices.map((part) => [part.name, part] as const);
  return Object.fromEntries(entries) as { [N in S[number]['name']]: Extract<S[number], { name: N }> };
}
