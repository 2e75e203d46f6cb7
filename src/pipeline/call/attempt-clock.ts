import type { AttemptClock, Context } from '../contract/context.js';
import type { Layer } from '../plan.js';
import type { RunningContext } from './attempt.js';
import type { CallView } from './call-view.js';
import { rough } from './call-view.js';
import { Phase } from './phase.js';

/** The clock of the timeout in `layer`, if there is one, and of the limiters around the attempt that an operation was told about. */
export function clockOf(context: Context, layer: number | undefined): AttemptClock {
  return {
    stop() {
      const view = running(context);
      if (view !== undefined) stopClocks(view, layer);
    },
    start(extraMs) {
      const view = running(context);
      if (view !== undefined) startClocks(view, layer, extraMs);
    },
  };
}

/** The run of the operation, while it runs. */
function running(context: Context): CallView | undefined {
  const view = (context as RunningContext).owner?.innermost as CallView | undefined;
  return view?.phase === Phase.running ? view : undefined;
}

/** The layer of the pipeline at this place. The layers of this call may be more: gates for its own time come before and behind them. */
function layerAt(view: CallView, at: number | undefined): Layer | undefined {
  return view.record.host.plan.layers[at ?? -1];
}

/** The operation sends a body. */
function stopClocks(view: CallView, layer: number | undefined): void {
  const timed = layerAt(view, layer);
  for (let i = view.from; i < view.layers.length; i++) {
    const { gate } = view.layers[i] as Layer;
    if (view.layers[i] === timed && gate?.stopClock !== undefined) {
      view.states[i] = gate.stopClock(view, view.states[i]);
    }
    gate?.sending?.(view, view.states[i]);
  }
}

/** It has sent it. */
function startClocks(view: CallView, layer: number | undefined, extraMs: number): void {
  const timed = layerAt(view, layer);
  for (let i = view.from; i < view.layers.length; i++) {
    const { gate } = view.layers[i] as Layer;
    if (view.layers[i] === timed && gate?.startClock !== undefined) {
      view.states[i] = gate.startClock(view, i, view.states[i], extraMs);
    }
    if (gate?.sent === undefined) continue;
    view.states[i] = gate.sent(view, view.states[i], view.deadlineOutside(i, rough), extraMs);
  }
}
