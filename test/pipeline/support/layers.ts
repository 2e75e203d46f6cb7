import type { Call, Drive, Driver, Gate, Outcome } from 'holdfast';

/** A gate that writes down what it is asked, in one log shared by all gates of a test. */
export function logged(log: string[], name: string, more: Partial<Gate> = {}): Gate {
  return {
    role: 'gate',
    type: 'logged',
    name,
    ...more,
    enter(call: Call) {
      log.push(`${name} enter`);
      return more.enter?.(call);
    },
    exit(call: Call, outcome: Outcome) {
      log.push(`${name} exit ${outcome.kind}`);
      more.exit?.(call, outcome);
    },
    leave(call: Call) {
      log.push(`${name} leave`);
      more.leave?.(call);
    },
  };
}

/** A gate of the given parts. */
export function gate(parts: Partial<Gate>): Gate {
  return { role: 'gate', type: 'gate', enter: () => undefined, exit() {}, ...parts };
}

/** A driver that runs everything itself from the start. */
export function active(drive: (drive: Drive) => Promise<Outcome>, name = 'active'): Driver {
  return { role: 'driver', type: 'active', name, drive };
}

/** A driver that is asked when the first outcome is not a success. */
export function onFailure(
  drive: (drive: Drive, first: Outcome) => Promise<Outcome>,
  more: Partial<Driver> = {},
): Driver {
  return {
    role: 'driver',
    type: 'on_failure',
    accepts: (_call, outcome) => outcome.kind === 'success',
    ...more,
    drive: (hold, first) => drive(hold, first as Outcome),
  };
}

/** Runs again at once until the outcome is a success, `runs` times at most. */
export function again(runs: number): Driver {
  return onFailure(
    async (drive, first) => {
      let outcome = first;
      for (let run = 1; run < runs && outcome.kind !== 'success' && !drive.ended; run++) {
        outcome = await drive.next();
      }
      return outcome;
    },
    { name: 'again' },
  );
}
