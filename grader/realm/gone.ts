/** The process that held a node is gone, for the reason `because`; the run ends with it. */
export class NodeGone extends Error {
  override readonly name = 'NodeGone';
  readonly because: 'hangs' | 'memory' | 'ended';

  constructor(because: NodeGone['because'], message: string) {
    super(message);
    this.because = because;
  }
}
