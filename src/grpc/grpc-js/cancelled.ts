/** Why a call was cancelled from outside: the reason of its signal. */
export class Cancelled extends Error {
  readonly code: number;
  readonly details: string;

  constructor(code: number, details: string) {
    super(details);
    this.code = code;
    this.details = details;
  }
}
