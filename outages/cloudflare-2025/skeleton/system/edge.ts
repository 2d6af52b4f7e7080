/**
 * An edge: answers the requests of visitors, and blocks those of bots. `Bots` decides how it tells them
 * apart. An error there takes it down, and it starts again with the last file to arrive.
 */
import { Bots } from '../bots.ts';
import type { EdgeContext, EdgeOutputs, FeatureFile, Health, Kept, Request } from '../contract.ts';

const START_MS = 3000;
const VISITORS_EVERY_MS = 2000;
const VISITORS = 4;
/** How many of the features by which bots are known a bot shows, and a person by chance. */
const SHOWN_BY_BOTS = 10;
const SHOWN_BY_PEOPLE = 4;

export class Edge implements Kept {
  readonly #node: EdgeContext;
  /** Undefined while the edge is down. */
  #bots: Bots | undefined;
  /** What arrived last; on disk. */
  #file: FeatureFile | undefined;
  #kept: FeatureFile | undefined;
  #known: readonly string[] = [];
  #atMs = 0;
  #passed = 0;
  #blocked = 0;
  #failed = 0;

  constructor(node: EdgeContext) {
    this.#node = node;
    node.serve('load', ({ file }) => {
      this.load(file);
      return null;
    });
    node.serve('health', () => this.#health());
  }

  /** Called by the grader: the run begins. */
  begin(): void {
    this.#boot();
    setTimeout(() => this.#visitors(), VISITORS_EVERY_MS * Math.random());
  }

  /** Called by the grader: what bots show from now on, whether anybody knows it or not. */
  bots(known: readonly string[]): void {
    this.#known = known;
  }

  /** Called by the grader: the edge loses power for a moment. */
  restart(): void {
    this.#goDown('restarted');
  }

  /** Also called by the grader, for somebody at a console. */
  load(file: FeatureFile): void {
    this.#file = file;
    [this.#atMs, this.#passed, this.#blocked, this.#failed] = [performance.now(), 0, 0, 0];
    this.#tryIt(() => this.#bots?.load(file));
  }

  get file(): FeatureFile | undefined {
    return this.#kept;
  }

  keep(file: FeatureFile): void {
    this.#kept = file;
  }

  #boot(): void {
    this.#tryIt(() => {
      this.#bots = new Bots(this);
      if (this.#file !== undefined) this.#bots.load(this.#file);
      this.#node.emit('up', { version: this.#file?.version ?? 0 });
    });
  }

  #tryIt(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#goDown(error instanceof Error ? error.message : String(error));
    }
  }

  #goDown(error: string): void {
    if (this.#bots === undefined) return;
    this.#bots = undefined;
    this.#node.emit('down', { version: this.#file?.version ?? 0, error });
    setTimeout(() => this.#boot(), START_MS);
  }

  #health(): Health {
    const forMs = performance.now() - this.#atMs;
    const [passed, blocked, failed] = [this.#passed, this.#blocked, this.#failed];
    return { version: this.#file?.version ?? 0, forMs, passed, blocked, failed };
  }

  #visitors(): void {
    const count = { rightly: 0, botsPassed: 0, peopleBlocked: 0, failed: 0 };
    for (let i = 0; i < VISITORS; i++) count[this.#serve(Math.random() < 0.5)]++;
    this.#node.emit('served', count);
    setTimeout(() => this.#visitors(), VISITORS_EVERY_MS);
  }

  #serve(isBot: boolean): keyof EdgeOutputs['served'] {
    const request = this.#requestOf(isBot);
    let isBlocked: boolean | undefined;
    this.#tryIt(() => {
      isBlocked = this.#bots?.isBot(request);
    });
    if (isBlocked === undefined) {
      this.#failed++;
      return 'failed';
    }
    if (isBlocked) this.#blocked++;
    else this.#passed++;
    if (isBlocked === isBot) return 'rightly';
    return isBot ? 'botsPassed' : 'peopleBlocked';
  }

  #requestOf(isBot: boolean): Request {
    const shown = isBot ? SHOWN_BY_BOTS : SHOWN_BY_PEOPLE;
    const from = Math.floor(this.#known.length * Math.random());
    const shows = new Set<string>();
    for (let i = 0; i < shown; i++)
      shows.add(this.#known[(from + i) % this.#known.length] as string);
    return { shows };
  }
}
