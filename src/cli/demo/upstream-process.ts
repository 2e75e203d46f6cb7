/** The demo's upstream. It is its own process, and the process that started it tells it what to do. */
import { type FlakyUpstream, flakyUpstream } from '../../testing/upstream.js';
import type { Order, Reply } from './upstream-messages.js';

/** How often to tell the length of the queue. */
const QUEUE_MS = 100;

function tell(reply: Reply): void {
  process.send?.(reply, (error: Error | null) => {
    if (error !== null) process.exit(1);
  });
}

function obey(upstream: FlakyUpstream, { behave }: Order): void {
  // Count first: these numbers belong to the behaviour that ends here.
  const stats = upstream.stats();
  if (behave !== undefined) upstream.behave(behave);
  tell({ stats });
}

async function main(): Promise<void> {
  // Ctrl-C reaches the whole process group. Ignore it: the parent decides when to stop, and still wants the counts. When the
  // parent ends, for whatever reason, the channel closes.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => {});
  process.on('disconnect', () => process.exit(0));
  const upstream = await flakyUpstream({ seed: Number(process.argv[2]) });
  process.on('message', (order: Order) => obey(upstream, order));
  tell({ url: upstream.url });
  setInterval(() => tell({ queued: upstream.stats().queued }), QUEUE_MS);
}

void main();
