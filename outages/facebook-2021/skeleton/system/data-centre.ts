/** A data centre. It answers whoever reaches it over the backbone. */
import type { DataCentreContext } from '../contract.ts';

export class DataCentre {
  constructor(node: DataCentreContext) {
    node.serve('probe', () => null);
  }
}
