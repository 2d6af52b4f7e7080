/** Who runs what: `s1` … are storage servers, `m1` the metadata service, `o1` reads your trigger. */
import { Metadata } from './system/metadata.ts';
import { StorageServer } from './system/storage.ts';
import trigger from './trigger.ts';

class Operator {
  trigger() {
    return trigger;
  }
}

export default { s: StorageServer, m: Metadata, o: Operator };
