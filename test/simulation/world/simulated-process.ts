/** An operating-system process that is not one: it can be killed between any two steps, be frozen, and be started again. */
export class SimulatedProcess {
  /** Counts its starts and its ends: what one life waited for never reaches the next one. */
  life = 0;
  isAlive = false;
  /** Simulated milliseconds since 1970 until which nothing happens in it. */
  frozenUntil = 0;

  constructor(readonly name: string) {}

  begin(): void {
    this.life += 1;
    this.isAlive = true;
    this.frozenUntil = 0;
  }

  end(): void {
    this.life += 1;
    this.isAlive = false;
  }
}
