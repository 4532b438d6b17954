import { wait } from '#kernel';
import { Failure, type Output, type Progress } from '#command-line';
import type { HttpClient } from '../server/http-client.js';
import { serverSentEvents } from './event-stream.js';
import { getJob, isOver, type Job } from './job-api.js';

interface JobStatus {
  readonly statusCode: string;
  readonly statusMessage: string;
}

interface JobProgress {
  readonly bytesDone: number;
  readonly bytesTotal: number;
  readonly phase: string;
  readonly waitsFor?: readonly string[];
}

/** Milliseconds between looks at the job where its events cannot be had. */
const pollInterval = 2000;

/** Shows what happens to a job until it is over: by its events as long as they come, else by looking. */
export async function followJob(client: HttpClient, id: string, output: Output): Promise<Job> {
  const display = new Display(output);
  try {
    for (;;) {
      const job = await getJob(client, id);
      display.status(job);
      if (isOver(job)) return job;
      const streamed = await watch(client, id, display);
      await wait(streamed ? 300 : pollInterval, client.signal);
      client.signal.throwIfAborted();
    }
  } catch (error) {
    if (!client.signal.aborted) throw error;
    throw new Failure(
      'interrupted',
      `Interrupted. Job ${id} goes on; see it with: catena job ${id} --follow`,
    );
  } finally {
    display.end();
  }
}

/** False when the server has no events to offer. A broken stream is no fault: the caller looks and comes again. */
async function watch(client: HttpClient, id: string, display: Display): Promise<boolean> {
  try {
    const response = await client.open(`/api/v4/jobs/${encodeURIComponent(id)}/events`, {
      accept: 'text/event-stream',
    });
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
    if (!response.ok || !isStream || response.body === null) {
      await response.body?.cancel();
      return false;
    }
    for await (const { event, data } of serverSentEvents(response.body)) {
      if (event === 'status') display.status(JSON.parse(data) as JobStatus);
      if (event === 'progress') display.progress(JSON.parse(data) as JobProgress);
      if (event === 'end') return true;
    }
    return true;
  } catch (error) {
    client.signal.throwIfAborted();
    if (error instanceof Failure) throw error;
    return false;
  }
}

/** Says each status once, and shows one bar for the bytes. */
class Display {
  private said = '';
  private waiting = '';
  private bar: Progress | undefined;

  constructor(private readonly output: Output) {}

  status({ statusCode, statusMessage }: JobStatus): void {
    const line = `${statusCode}: ${statusMessage}`;
    if (line === this.said) return;
    this.end();
    this.said = line;
    this.output.say(line);
  }

  progress({ bytesDone, bytesTotal, phase, waitsFor = [] }: JobProgress): void {
    const waiting = waitsFor.map((reason) => `waits for ${reason}`).join('; ');
    if (waiting !== '' && waiting !== this.waiting) {
      this.end();
      this.output.say(waiting);
    }
    this.waiting = waiting;
    if (bytesTotal <= 0) return;
    this.bar ??= this.output.progress(phase, bytesTotal);
    this.bar.set(bytesDone, bytesTotal, phase);
  }

  end(): void {
    this.bar?.end();
    this.bar = undefined;
  }
}
