/**
 * Which tasks the datastore lets start: all of them, for on 12 June 2025 nobody asked it. Yours to repair
 * in part F, if your repair needs it; part R always runs on this version.
 */
export class Admission {
  /** A task asks whether it may begin to read, if its `Start` asks at all. */
  mayStart(_task: string): boolean {
    return true;
  }

  /** A task has read everything, or has given up. One that was killed says nothing. */
  started(_task: string): void {}
}
