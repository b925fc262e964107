/**
 * The JSON of a sidecar with a long list, piece by piece: a person may have tens of thousands of faces, which as one text
 * would take hundreds of megabytes and keep everybody else waiting. sidecars.ts writes the pieces.
 */
import { setImmediate as breathe } from 'node:timers/promises';

/** Items between which others have their turn. */
const PAGE = 500;

/** `head`, not empty, with `items` as its last field `name`, one a line. */
export async function* textInPieces(
  head: object,
  name: string,
  items: Iterable<object>,
): AsyncGenerator<string> {
  yield `${JSON.stringify(head, null, 1).slice(0, -2)},\n ${JSON.stringify(name)}: [`;
  let count = 0;
  let piece = '';
  for (const item of items) {
    piece += `${count++ === 0 ? '' : ','}\n  ${JSON.stringify(item)}`;
    if (count % PAGE !== 0) continue;
    yield piece;
    piece = '';
    await breathe();
  }
  yield `${piece}\n ]\n}\n`;
}
