/**
 * Handlers that ask someone else: a host serves a window the whole studio, answers what is its own (dialogs, folders),
 * and passes everything else on to the library's process. Each hop checks its inputs and may be cancelled.
 */
import type { CallOptions, Context, Contract, ContractClient, ContractHandlers } from './rpc.ts';

/** `serve(studio, { ...relay(library, connection.client), host: own }, window, ...)`. */
export function relay<C extends Contract>(contract: C, client: ContractClient<C>): ContractHandlers<C> {
  const asked: Readonly<Record<string, Readonly<Record<string, unknown>>>> = client;
  const handlers: Record<string, Record<string, unknown>> = {};
  for (const [sliceName, { definitions }] of Object.entries(contract)) {
    const part: Record<string, unknown> = {};
    for (const key of Object.keys(definitions)) {
      const ask = asked[sliceName]?.[key] as (input: unknown, options: CallOptions) => unknown;
      part[key] = (input: unknown, { signal }: Context) => ask(input, { signal });
    }
    handlers[sliceName] = part;
  }
  return handlers as ContractHandlers<C>;
}
