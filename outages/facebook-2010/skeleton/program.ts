/**
 * Who runs what: `w1` … are web servers, `m1` is the cache, `d1` the database, `o1` reads your trigger.
 */
import { CacheServer } from './system/cache.ts';
import { Database } from './system/database.ts';
import { WebServer } from './system/web.ts';
import trigger from './trigger.ts';

class Operator {
  trigger() {
    return trigger;
  }
}

export default { w: WebServer, m: CacheServer, d: Database, o: Operator };
