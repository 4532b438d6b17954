import type { SimulatedProcess } from './simulated-process.js';
import { calm, type Weather, type World } from './world.js';

/** What a service says when it cannot be reached, or its answer is lost on the way. */
export type Away = () => Error;

/**
 * The way from a process to a service and back: the request takes a while, happens there at one moment, and its answer takes a
 * while. The process may die in between: what was sent happens all the same, and nobody hears the answer.
 */
export class Gate {
  private readonly labels = new Map<string, string>();

  constructor(
    private readonly world: World,
    private readonly process: SimulatedProcess,
    private readonly service: string,
    private readonly away: Away,
  ) {}

  call<Answer>(what: string, act: () => Answer | Promise<Answer>): Promise<Answer> {
    return this.pass(what, act, this.world.weather);
  }

  /** The same of what changes nothing: it is read at once, and what the process is told is as old as the answer is late. */
  look<Answer>(what: string, act: () => Answer | Promise<Answer>): Promise<Answer> {
    return this.pass(what, act, this.world.weather, true);
  }

  /** The same of what a client repeats by itself until it is done, such as a connection that is being made. */
  persistently<Answer>(what: string, act: () => Answer | Promise<Answer>): Promise<Answer> {
    return this.pass(what, act, calm);
  }

  private pass<Answer>(
    what: string,
    act: () => Answer | Promise<Answer>,
    weather: Weather,
    isAtOnce = false,
  ): Promise<Answer> {
    const { world, process } = this;
    const { scheduler, chance } = world;
    const label = this.labelOf(what);
    const { life } = process;
    return new Promise<Answer>((resolve, reject) => {
      const answered = (settle: () => void): void => {
        if (process.life === life) scheduler.after(world.delay(label), process, label, settle);
      };
      if (weather.refused > 0 && chance.happens(`refused ${label}`, weather.refused))
        return answered(() => reject(this.away()));
      const isLost = weather.unanswered > 0 && chance.happens(`unanswered ${label}`, weather.unanswered);
      const happen = (): void =>
        void settled(act).then(
          (answer) => answered(() => (isLost ? reject(this.away()) : resolve(answer))),
          (error: unknown) => answered(() => reject(isLost ? this.away() : (error as Error))),
        );
      if (isAtOnce) return happen();
      scheduler.after(world.delay(label), undefined, label, () => {
        scheduler.current = process;
        happen();
      });
    });
  }

  private labelOf(what: string): string {
    let label = this.labels.get(what);
    if (label === undefined)
      this.labels.set(what, (label = `${this.process.name} > ${this.service} ${what}`));
    return label;
  }
}

/** What is over at once is over in the moment; what reads a body from the process goes on in later ones. */
async function settled<Answer>(act: () => Answer | Promise<Answer>): Promise<Answer> {
  return act();
}
