/** Known bugs of sharded stores, each planted in the reference solution. */
import { defineMutants, plantIn } from 'faultlab';

const assignment = plantIn('assignment.ts');
const controller = plantIn('controller.ts');
const client = plantIn('client.ts');
const shard = plantIn('shard.ts');
const locks = plantIn('transactions.ts');
const server = plantIn('server.ts');
const coordinator = plantIn('coordinator.ts');
const jobs = plantIn('jobs.ts');

export default defineMutants([
  // ── Part A: who owns what ─────────────────────────────────────────────────────────────────────
  assignment('shared-out-anew', {
    bug: 'Each join and leave deals all shards out again, one group after the other.',
    by: 'A2',
    id: 'H19',
    common: true,
    find: 'return kept.map((owner) => owner ?? free.shift() ?? null);',
    put: 'return owners.map((_, i) => [...groups].sort()[i % groups.length] ?? free.shift() ?? kept[0] ?? null);',
  }),
  assignment('remainder-to-the-first', {
    bug: 'Which group gets one shard more is decided by name, not by which has it already.',
    by: 'A2',
    id: 'H19',
    find: 'has(b) - has(a) || (a < b ? -1 : 1)',
    put: 'a < b ? -1 : 1',
  }),
  assignment('newcomers-get-nothing', {
    bug: 'Groups that join get only shards that are nobody’s.',
    by: 'A2',
    find: 'if (owner === null || left === 0) return null;',
    put: 'if (owner === null || !groups.includes(owner)) return null;',
  }),
  assignment('ties-by-chance', {
    bug: 'Of two groups with equally many shards, chance decides which one gets another.',
    by: 'A3',
    id: 'K24',
    common: true,
    find: 'has(b) - has(a) || (a < b ? -1 : 1)',
    put: 'has(b) - has(a) || (Math.random() < 0.5 ? -1 : 1)',
  }),
  assignment('all-may-leave', {
    bug: 'The last group may leave.',
    by: 'A1',
    find: 'if (staying.length === 0) return undefined;',
    put: '',
  }),
  assignment('joins-twice', {
    bug: 'A group that is in may join again, and a configuration is made.',
    by: 'A1',
    find: 'joining.length === 0 || joining.some(isIn)',
    put: 'joining.length === 0',
  }),
  assignment('move-to-a-stranger', {
    bug: 'A shard may be moved to a group that is not in.',
    by: 'A1',
    find: 'if (!isIn(group) || owner === undefined',
    put: 'if (owner === undefined',
  }),
  controller('old-configs-forgotten', {
    bug: 'Only the latest configuration is kept; a query for an older one gets that.',
    by: 'A1',
    find: 'const known = this.#configs[num];',
    put: 'const known = num === this.latest().num ? this.latest() : undefined;\n    if (num >= 0 && num < this.latest().num) return { ok: true, config: this.latest() };',
  }),
  controller('query-from-memory', {
    bug: 'Any controller gives the last configuration that it has applied as the latest.',
    by: 'A5',
    id: 'K01',
    common: true,
    find: 'if (!(await this.#log.sync())) return NOT_LEADER;',
    put: '',
  }),
  controller('changes-not-numbered', {
    bug: 'A change that is asked for again is made again.',
    by: 'A4',
    common: true,
    find: 'if (last !== undefined && seq <= last.seq) return this.#configs[last.num] as Config;',
    put: 'if (last !== undefined && seq < 0) return this.#configs[last.num] as Config;',
  }),
  controller('answers-with-the-latest', {
    bug: 'A change that is asked for again gets the latest configuration, not the one that it made.',
    by: 'A4',
    find: 'return this.#configs[last.num] as Config;',
    put: 'return this.latest();',
  }),
  controller('sessions-not-in-snapshot', {
    bug: 'The snapshot holds the configurations, but not whose change made them.',
    by: 'A6',
    id: 'K07',
    find: 'sessions: [...this.#sessions] });',
    put: 'sessions: [] });',
  }),
  controller('only-latest-in-snapshot', {
    bug: 'The snapshot holds only the latest few configurations.',
    by: 'A6',
    find: 'JSON.stringify({ configs: this.#configs,',
    put: 'JSON.stringify({ configs: this.#configs.map((c, i) => (i > this.latest().num - 9 ? c : this.latest())),',
  }),
  // ── Part B: groups and shards ─────────────────────────────────────────────────────────────────
  shard('no-dedup', {
    bug: 'Every entry is executed, even a request’s second one.',
    by: 'B4',
    id: 'K05',
    find: 'if (last !== undefined && seq <= last.seq) return last.result;',
    put: 'if (last !== undefined && seq < 0) return last.result;',
  }),
  shard('sessions-not-saved', {
    bug: 'A replica saves the keys of a shard, but not what clients were answered.',
    by: 'C4',
    id: 'H12',
    common: true,
    shown: true,
    find: 'sessions: [...this.#sessions],',
    put: 'sessions: [],',
  }),
  shard('append-replaces', {
    bug: 'An append overwrites, as a put does.',
    by: 'B1',
    find: 'this.#write(key, this.get(key) + operation.value, now)',
    put: 'this.#write(key, operation.value, now)',
  }),
  server('sessions-of-the-leader', {
    bug: 'Only the leader notices that a request was done before; the other replicas do it again.',
    by: 'B4',
    find: 'return replyOf(shard.execute(args, now));',
    put: 'const again = this.#log.isLeader ? args : { ...args, seq: Math.random() + args.seq * 2 };\n    return replyOf(shard.execute(again, now));',
  }),
  server('reads-from-memory', {
    bug: 'A server that believes it leads answers a get from its state, without asking whether it still does.',
    by: 'C11',
    id: 'K01',
    find: "if (!(await this.#log.sync())) return refuse('not-leader');",
    put: '',
  }),
  server('answers-for-nobodys-shards', {
    bug: 'A group that has no configuration yet answers for every key.',
    by: 'B2',
    find: 'if (refusal !== undefined) return refusal;',
    put: 'if (refusal !== undefined)\n      return this.#config.num === 0 ? { ok: true, result: {} } : refusal;',
  }),
  client('no-config-no-question', {
    bug: 'The client asks the controllers when it starts, and then only if a group refuses.',
    by: 'B2',
    find: '      await this.#refresh();\n    }\n  }',
    put: '      if (count <= 2 || nodes.length > 0) await this.#refresh();\n      else await sleep(PAUSE_MS);\n    }\n  }',
  }),
  client('flood', {
    bug: 'While a shard is nobody’s, the client asks the controllers again at once.',
    by: 'B2',
    id: 'K25',
    find: 'if (count > 1) await sleep(PAUSE_MS);',
    put: 'if (count % 3 === 2) await sleep(5);',
  }),
  client('config-forgotten', {
    bug: 'The client asks the controllers before each operation.',
    by: 'B5',
    find: '    let skews = 0;',
    put: '    let skews = 0;\n    await this.#refresh();',
  }),
  {
    name: 'leader-of-all-groups',
    bug: 'The client remembers the place of one leader in the list, and takes it for that of all groups.',
    killedBy: 'B5',
    edit: [
      { file: 'caller.ts', find: "const [first = ''] = group;", replace: "const first = 'any1';" },
      {
        file: 'caller.ts',
        find: 'const asked = leaders.get(first) ?? first;',
        replace: `const place = Number((leaders.get(first) ?? first).slice(-1)) - 1;
  const asked = group[place % group.length] as NodeId;`,
      },
    ],
  },
  server('config-of-this-replica', {
    bug: 'Each replica asks for the next configuration and takes it at once, without the log.',
    by: 'B1',
    common: true,
    find: "await this.#submit({ kind: 'config', config: reply.config });",
    put: 'this.#configure(reply.config);',
  }),
  server('state-not-in-snapshot', {
    bug: 'The snapshot of a replica holds its shards, but not which configuration they are of.',
    by: 'B7',
    find: 'config: this.#config,\n      shards: [...',
    put: 'config: NO_CONFIG,\n      shards: [...',
  }),
  client('number-per-attempt', {
    bug: 'Each attempt at an operation gets a number of its own.',
    by: 'B4',
    find: "'request', args);",
    put: "'request', { ...args, seq: ++this.#seq });",
  }),
  // ── Part C: moving ────────────────────────────────────────────────────────────────────────────
  server('no-freeze', {
    bug: 'The old owner goes on serving a shard until the new one says that it has it.',
    by: 'C3',
    id: 'H01',
    common: true,
    find: '        this.#shards.delete(shard);\n      } else if',
    put: '      } else if',
  }),
  server('owner-checked-on-arrival', {
    bug: 'Whether a shard is the group’s own is checked when a request arrives, and not again when its entry is applied.',
    by: 'C3',
    id: 'H01',
    common: true,
    find: 'if (shard === undefined) return this.#refusal(at) as Refusal;',
    put: 'if (shard === undefined) return { ok: true, result: {} };',
  }),
  server('serves-before-it-has', {
    bug: 'The new owner serves a shard as soon as the configuration says so, and adds what it gets later.',
    by: 'C1',
    find: 'else this.#awaited.set(shard, { ...move, from: before.groups[from] ?? [] });',
    put: 'else {\n          this.#shards.set(shard, new ShardState());\n          this.#awaited.set(shard, { ...move, from: before.groups[from] ?? [] });\n        }',
  }),
  {
    name: 'config-skipped',
    bug: 'A group goes straight to the latest configuration.',
    killedBy: 'C5',
    id: 'H03',
    common: true,
    edit: [
      {
        file: 'server.ts',
        find: "operation: { kind: 'query', num } } as const;",
        replace: "operation: { kind: 'query', num: -1 } } as const;",
      },
      {
        file: 'server.ts',
        find: 'reply.config.num === num',
        replace: 'reply.config.num >= num',
      },
      {
        file: 'server.ts',
        find: 'config.num !== before.num + 1 ||',
        replace: 'config.num <= before.num ||',
      },
    ],
  },
  {
    name: 'next-config-too-early',
    bug: 'The next configuration comes into force while shards of this one are still on their way.',
    killedBy: 'C5',
    id: 'H04',
    edit: [
      {
        file: 'server.ts',
        find: "if (this.#awaited.size === 0) this.#jobs.begin('config'",
        replace: "this.#jobs.begin('config'",
      },
      {
        file: 'server.ts',
        find: 'before.num + 1 || this.#awaited.size > 0',
        replace: 'before.num + 1',
      },
    ],
  },
  {
    name: 'fetched-by-who-applied',
    bug: 'A move is begun once, by whoever leads when the configuration is applied.',
    killedBy: 'C6',
    id: 'H05',
    common: true,
    edit: [
      {
        file: 'server.ts',
        find: 'else this.#awaited.set(shard, { ...move, from: before.groups[from] ?? [] });',
        replace: `else {
          const arrival = { ...move, from: before.groups[from] ?? [] };
          this.#awaited.set(shard, arrival);
          const again = () => {
            if (!this.#awaited.has(shard)) return;
            void this.#fetch(arrival);
            setTimeout(again, 400);
          };
          if (this.#log.isLeader) again();
        }`,
      },
      {
        file: 'server.ts',
        find: `    for (const arrival of this.#awaited.values())
      this.#jobs.begin(\`fetch \${nameOf(arrival)}\`, () => this.#fetch(arrival));
`,
        replace: '',
      },
    ],
  },
  server('deleted-when-given', {
    bug: 'The old owner deletes a shard as soon as it has been fetched.',
    by: 'C7',
    id: 'H10',
    common: true,
    find: "    return state === undefined ? refuse('not-leader') : { ok: true, state };",
    put: "    if (!this.#log.isLeader) return refuse('not-leader');\n    if (state !== undefined) void this.#submit({ kind: 'delete', ...move });\n    return state === undefined ? refuse('not-leader') : { ok: true, state };",
  }),
  server('deleted-before-install', {
    bug: 'The new owner lets the old one delete the shard before it has written it down itself.',
    by: 'C7',
    id: 'H10',
    find: "    if (reply?.ok) await this.#submit({ kind: 'install',",
    put: "    if (reply?.ok) await attempt(this.#node, this.#leaders, from, 'deleteShard', { num, shard });\n    if (reply?.ok) await this.#submit({ kind: 'install',",
  }),
  server('late-install', {
    bug: 'A shard that comes a second time replaces what is there.',
    by: 'C9',
    id: 'H15',
    common: true,
    find: 'if (arrival === undefined || arrival.num !== num) return; // It came late, or twice.',
    put: 'if (arrival === undefined) {\n      if (this.#shards.has(shard)) this.#shards.set(shard, new ShardState(state));\n      return;\n    }',
  }),
  server('late-delete', {
    bug: 'A delete names the shard, but not the configuration in which it went.',
    by: 'C9',
    id: 'H15',
    find: 'return this.#leaving.delete(nameOf(order));',
    put: "for (const name of this.#leaving.keys())\n          if (name.split('/')[1] === String(order.shard)) this.#leaving.delete(name);\n        return true;",
  }),
  server('served-until-fetched', {
    bug: 'While a shard is on its way, the new owner answers gets with what it has: nothing.',
    by: 'C10',
    find: "    return refuse(this.#awaited.has(shard) ? 'not-ready' : 'wrong-group');",
    put: "    if (this.#awaited.has(shard)) return undefined;\n    return refuse('wrong-group');",
  }),
  server('wrong-group-is-an-empty-key', {
    bug: 'A get is checked when it arrives; if the shard has gone by the time the leader is sure that it leads, it gives nothing.',
    by: 'C3',
    find: 'return this.#refusal(this.#shardOf(operation)) ?? this.#get(operation.key);',
    put: "return this.#shards.has(shardIn(this.#config, operation.key))\n        ? this.#get(operation.key)\n        : { ok: true, result: { value: '' } };",
  }),
  client('config-never-asked-again', {
    bug: 'The client does not ask again where a shard is when a group refuses it.',
    by: 'C1',
    id: 'H20',
    common: true,
    find: '      await this.#refresh();\n    }\n  }',
    put: '      if (nodes.length === 0) await this.#refresh();\n    }\n  }',
  }),
  client('wrong-group-is-a-new-request', {
    bug: 'When a group refuses, the client begins anew, with another number.',
    by: 'C4',
    id: 'H20',
    find: "const isLost = reply === null || reply.error === 'not-leader';",
    put: "const isLost = reply === null || reply.error === 'not-leader';\n        if (reply?.error === 'wrong-group') Object.assign(numbered, { seq: ++this.#seq });",
  }),
  server('leaving-not-in-snapshot', {
    bug: 'The snapshot of a replica holds the shards that it serves, but not those that are to be fetched.',
    by: 'C8',
    find: 'leaving: [...this.#leaving],',
    put: 'leaving: [],',
  }),
  // ── Part D: progress and garbage ──────────────────────────────────────────────────────────────
  server('all-shards-wait', {
    bug: 'While a shard is on its way, the group serves none.',
    by: 'D1',
    id: 'H17',
    common: true,
    find: 'if (this.#shards.has(shard)) return undefined;',
    put: 'if (this.#shards.has(shard) && this.#awaited.size === 0) return undefined;',
  }),
  server('arrived-shards-wait', {
    bug: 'Shards that have come are served only when all those of their configuration have.',
    by: 'D2',
    id: 'H18',
    common: true,
    find: `    this.#awaited.delete(shard);
    this.#shards.set(shard, new ShardState(state));`,
    put: `    this.#awaited.delete(shard);
    const self = this as unknown as { held?: Map<Shard, ShardState> };
    self.held ??= new Map();
    self.held.set(shard, new ShardState(state));
    if (this.#awaited.size > 0) return;
    for (const [come, held] of self.held) this.#shards.set(come, held);
    self.held.clear();`,
  }),
  server('gives-only-when-complete', {
    bug: 'A group gives no shard away while it waits for one.',
    by: 'D3',
    id: 'H16',
    find: '    const state = this.#leaving.get(nameOf(move));',
    put: '    const state = this.#awaited.size > 0 ? undefined : this.#leaving.get(nameOf(move));',
  }),
  client('lost-without-controllers', {
    bug: 'A client that is refused goes on only when a controller has answered.',
    by: 'D4',
    find: '      if (!reply?.ok) continue;',
    put: '      if (!reply?.ok) {\n        count = 0;\n        await sleep(PAUSE_MS);\n        continue;\n      }',
  }),
  server('never-deleted', {
    bug: 'Nobody deletes a shard that has gone.',
    by: 'D5',
    id: 'H09',
    common: true,
    find: 'for (const arrival of this.#arrived.values())',
    put: 'for (const arrival of [] as Arrival[])',
  }),
  server('deleted-by-who-installed', {
    bug: 'The old owner is told once that it may delete, by whoever led when the shard came.',
    by: 'D5',
    id: 'H09',
    find: "    if (reply?.ok) await this.#submit({ kind: 'install', num, shard, state: reply.state });",
    put: "    if (!reply?.ok) return;\n    await this.#submit({ kind: 'install', num, shard, state: reply.state });\n    await attempt(this.#node, this.#leaders, from, 'deleteShard', { num, shard });\n    await this.#submit({ kind: 'forget', num, shard });",
  }),
  server('arrivals-never-forgotten', {
    bug: 'A group announces forever that it has a shard.',
    by: 'D7',
    find: '        return this.#arrived.delete(nameOf(order));',
    put: '        return false;',
  }),
  jobs('fetched-again-and-again', {
    bug: 'A shard that is on its way is asked for on each tick.',
    by: 'D7',
    find: 'if (busy !== undefined) return busy;',
    put: "if (busy !== undefined && name === 'config') return busy;",
  }),
  server('polls-without-a-pause', {
    bug: 'Every replica asks for the next configuration every five milliseconds.',
    by: 'D7',
    find: 'const TICK_MS = 50;',
    put: 'const TICK_MS = 5;',
  }),
  server('arrivals-not-saved', {
    bug: 'The snapshot does not hold which old owners have yet to delete what has come.',
    by: 'D5',
    find: 'arrived: [...this.#arrived],',
    put: 'arrived: [],',
  }),
  // ── Part E: times ─────────────────────────────────────────────────────────────────────────────
  shard('time-of-the-wall', {
    bug: 'A write gets the time of the leader’s clock, whatever time the shard has reached.',
    by: 'E5',
    common: true,
    find: 'const at = Math.max(now, this.#clock + 1);',
    put: 'const at = now;',
  }),
  shard('reads-the-latest', {
    bug: 'A read at a time gives the latest value.',
    by: 'E1',
    find: '?.findLast(([time]) => time <= at)',
    put: '?.at(-1)',
  }),
  shard('versions-dropped', {
    bug: 'Only the last two versions of a key are kept.',
    by: 'E1',
    find: 'if (kept > 0) versions.splice(0, kept);',
    put: 'if (kept > 0 || versions.length > 2) versions.shift();',
  }),
  shard('reads-leave-no-trace', {
    bug: 'That somebody has read at a time is not remembered: a later write may get a time before it.',
    by: 'E4',
    common: true,
    find: 'time any more.\n    this.#clock = Math.max(this.#clock, at);',
    put: 'time any more.',
  }),
  server('reads-remembered-by-the-leader', {
    bug: 'A read at a time does not go through the log: the leader alone knows that it took place.',
    by: 'E4',
    common: true,
    find: '    const now = this.#clock.now();\n',
    put: `    const now = this.#clock.now();
    if (args.operation.kind === 'read') {
      if (!(await this.#log.sync())) return refuse('not-leader');
      return this.#execute(args, now);
    }
`,
  }),
  shard('time-does-not-move', {
    bug: 'A shard moves with its versions, but without the time up to which it was read.',
    by: 'E5',
    find: 'this.#clock = saved?.clock ?? 0;',
    put: 'this.#clock = 0;',
  }),
  shard('past-does-not-move', {
    bug: 'A shard moves with only the last value of each key.',
    by: 'E5',
    find: 'keys: [...this.#keys],',
    put: 'keys: [...this.#keys].map(([key, versions]) => [key, versions.slice(-1)]),',
  }),
  client('no-uncertainty', {
    bug: 'The client reads at the time of its own clock, and does not ask what could have come before.',
    by: 'E3',
    common: true,
    find: 'await this.#readAt(keys, at, until);',
    put: 'await this.#readAt(keys, at, Math.min(at, until));',
  }),
  client('half-the-uncertainty', {
    bug: 'The client reckons with half of the bound, as if its own clock were right.',
    by: 'E3',
    find: '(Date.now() + MAX_OFFSET_MS) * TICKS',
    put: '(Date.now() + MAX_OFFSET_MS / 2) * TICKS',
  }),
  client('one-shard-restarted', {
    bug: 'Only the shard that was uncertain is read at the later time.',
    by: 'E3',
    find: 'if (uncertain === 0) return { at, ...read };',
    put: 'if (uncertain === 0) return { at: until, ...read };',
  }),
  client('tells-nothing-of-time', {
    bug: 'The client does not tell the server which times it has seen.',
    by: 'E2',
    common: true,
    find: 'after: this.#seen };',
    put: 'after: 0 };',
  }),
  server('observes-nothing', {
    bug: 'A server takes no notice of the times that others have seen.',
    by: 'E2',
    find: 'for (const time of times) this.#clock.observe(time);',
    put: '',
  }),
  server('skew-unnoticed', {
    bug: 'No server compares its clock with that of the client.',
    by: 'E6',
    common: true,
    find: 'if (isFuture || isFar)',
    put: 'if (isFuture && isFar && nowMs < 0)',
  }),
  server('only-who-is-ahead-is-refused', {
    bug: 'A client is refused when its clock is ahead, and not when it is behind.',
    by: 'E6',
    find: 'Math.abs(mine - nowMs) > MAX_OFFSET_MS',
    put: 'nowMs - mine > MAX_OFFSET_MS',
  }),
  shard('read-times-not-saved', {
    bug: 'The snapshot holds all versions, but not the time up to which the shard was read.',
    by: 'E4',
    find: 'clock: this.#clock,',
    put: 'clock: Math.max(0, ...[...this.#keys.values()].map((versions) => versions.at(-1)?.[0] ?? 0)),',
  }),
  // ── Part F: transactions ──────────────────────────────────────────────────────────────────────
  client('own-appends-unseen', {
    bug: 'A get of a transaction does not see the appends before it.',
    by: 'F1',
    find: "if (step.kind === 'get') return value;",
    put: "if (step.kind === 'get') return values[keys.indexOf(step.key)] ?? '';",
  }),
  shard('reads-not-validated', {
    bug: 'A transaction locks what it writes, and nobody checks that what it has read still holds.',
    by: 'F2',
    common: true,
    find: 'if (!isAsRead || !this',
    put: 'if ((!isAsRead && part.writes.length < 0) || !this',
  }),
  locks('reads-not-locked', {
    bug: 'What was only read is not locked: another transaction may change it before this one commits.',
    by: 'F2',
    common: true,
    find: 'part.reads.some(has) || part.writes.some(has)',
    put: 'part.writes.some(has)',
  }),
  locks('no-locks', {
    bug: 'Two transactions may be prepared on the same key.',
    by: 'F3',
    find: '!reads.some(([key]) => this.willWrite(key)) && !writes.some(([key]) => this.isLocked(key))',
    put: 'reads.length + writes.length >= 0',
  }),
  shard('reads-through-locks', {
    bug: 'A read at a time gives the last version, though a transaction may be committed before that time.',
    by: 'F4',
    common: true,
    find: 'if (keys.some((key) => this.transactions.willWrite(key, until))) return LOCKED;',
    put: '',
  }),
  shard('each-part-its-time', {
    bug: 'Each shard writes at the time that it has promised, not at that of the transaction.',
    by: 'F4',
    find: 'for (const [key, value] of promised.part.writes) this.#add(key, value, at);',
    put: 'for (const [key, value] of promised.part.writes) this.#add(key, value, promised.at);',
  }),
  coordinator('commits-with-one-promise', {
    bug: 'A transaction is committed as soon as one of its parts has promised.',
    by: 'F2',
    find: 'times.every((at) => at !== undefined)',
    put: 'times.some((at) => at !== undefined) && times.splice(0, 9, ...times.map((at) => at ?? 0))',
  }),
  coordinator('aborts-by-itself', {
    bug: 'A part that has waited long for a decision takes it for an abort.',
    by: 'F5',
    common: true,
    find: 'const { done, at = 0 } = await this.#client.inquire(attempt);',
    put: 'const { done, at } = { done: false, at: 0 };',
  }),
  coordinator('never-inquires', {
    bug: 'A part waits forever for its decision.',
    by: 'F6',
    common: true,
    find: 'if (Date.now() * TICKS - promised.at > PATIENCE_MS * TICKS)',
    put: 'if (promised.at < 0)',
  }),
  shard('decision-not-remembered', {
    bug: 'Once all parts know of a transaction, its client is not known to have been answered.',
    by: 'F6',
    find: 'this.#sessions.set(client, { seq, result: this.transactions.outcome(attempt) });',
    put: 'void [client, seq];',
  }),
  coordinator('tells-what-it-meant', {
    bug: 'The coordinator tells the parts what it has decided, whether its log has taken it or not.',
    by: 'F7',
    find: "await this.#submit({ kind: 'conclude', attempt, at });",
    put: "await this.#submit({ kind: 'conclude', attempt, at });\n    await this.#tell({ ...record, decision: at });",
  }),
  shard('records-stay-behind', {
    bug: 'A shard moves without the records of the transactions that are anchored in it.',
    by: 'F7',
    find: 'records: [...this.transactions.records.values()],',
    put: 'records: [],',
  }),
  shard('promises-stay-behind', {
    bug: 'A shard moves without its locks.',
    by: 'F7',
    common: true,
    find: 'promised: [...this.transactions.promised.values()],',
    put: 'promised: [],',
  }),
  shard('reads-what-is-locked', {
    bug: 'A get gives the last version, though a transaction may be committed that has replaced it.',
    by: 'F8',
    common: true,
    find: 'return this.transactions.willWrite(key) ? LOCKED : { value: this.get(key) };',
    put: 'return { value: this.get(key) };',
  }),
  shard('writes-what-is-locked', {
    bug: 'A put or an append writes to a key that a transaction is about to write.',
    by: 'F8',
    common: true,
    find: 'if (transactions[isBusy](operation.key)) return LOCKED;',
    put: 'if (isRead && transactions[isBusy](operation.key)) return LOCKED;',
  }),
  shard('writes-what-was-read', {
    bug: 'A put or an append writes to a key that an open transaction has read.',
    by: 'F8',
    find: "isRead ? 'willWrite' : 'isLocked'",
    put: "isRead ? 'willWrite' : 'willWrite'",
  }),
  // ── Part G: splits ────────────────────────────────────────────────────────────────────────────
  assignment('splits-forgotten', {
    bug: 'A join makes a configuration that does not say what was split.',
    by: 'G1',
    common: true,
    find: '...change.groups };\n      return { ...config, num, groups,',
    put: '...change.groups };\n      return { num, groups,',
  }),
  assignment('only-ten-shared-out', {
    bug: 'A join or a leave shares out the first ten shards; those that splits have made stay where they are.',
    by: 'G1',
    common: true,
    find: '  return kept.map((owner) => owner ?? free.shift() ?? null);',
    put: '  const shared = kept.map((owner) => owner ?? free.shift() ?? null);\n  return shared.map((owner, shard) => (shard < 10 ? owner : (owners[shard] ?? owner)));',
  }),
  assignment('splits-anywhere', {
    bug: 'A shard may be split at a key that is not in it, or at which it begins.',
    by: 'G1',
    find: 'if (isFirst || shardIn(config, at) !== of) return undefined;',
    put: 'if ((isFirst && shards.length > 99) || shardIn(config, at) < 0) return undefined;',
  }),
  shard('upper-half-empty', {
    bug: 'The new shard begins empty, as when a shard was nobody’s before.',
    by: 'G1',
    common: true,
    find: 'const keys = [...this.#keys].filter(([key]) => key >= at);',
    put: 'const keys = [...this.#keys].filter(([key]) => key >= at).slice(0, 0);\n    for (const key of [...this.#keys.keys()]) if (key >= at) this.#keys.delete(key);',
  }),
  shard('half-stays-behind', {
    bug: 'The shard that was split keeps forever the keys that it has given away.',
    by: 'G1',
    find: 'for (const [key] of keys) this.#keys.delete(key);',
    put: '',
  }),
  server('new-shard-is-awaited', {
    bug: 'The new shard is fetched from the group that has it, which is this one.',
    by: 'G1',
    find: 'if (half !== undefined) this.#shards.set(split.shard, half);\n      return;',
    put: `const arrival = { num: config.num, shard: split.shard, from: config.groups[this.#group] ?? [] };
      if (half !== undefined) this.#leaving.set(nameOf(arrival), half.save());
      if (half !== undefined) this.#awaited.set(split.shard, arrival);
      return;`,
  }),
  server('splits-done-again', {
    bug: 'Each configuration does all splits on its list anew, even those that were done before.',
    by: 'G2',
    common: true,
    find: '    const split = config.splits?.[before.splits?.length ?? 0];\n',
    put: `    for (const { of, at, shard } of before.splits ?? []) {
      const again = this.#shards.get(of)?.split(at);
      if (again !== undefined && this.#shards.has(shard)) this.#shards.set(shard, again);
    }
    const split = config.splits?.[before.splits?.length ?? 0];
`,
  }),
  shard('answers-stay-below', {
    bug: 'The new shard does not know what clients were answered.',
    by: 'G2',
    common: true,
    find: '{ ...this.#saved(), keys, records: [], promised }',
    put: '{ ...this.#saved(), keys, sessions: [], records: [], promised }',
  }),
  shard('answers-go-up', {
    bug: 'What clients were answered goes to the new shard, and is not kept.',
    by: 'G2',
    find: '    return new ShardState(JSON.stringify({ ...this.#saved(), keys, records: [], promised }));',
    put: `    const upper = new ShardState(JSON.stringify({ ...this.#saved(), keys, records: [], promised }));
    this.#sessions.clear();
    return upper;`,
  }),
  server('splits-not-in-snapshot', {
    bug: 'The snapshot of a replica holds who owns which shard, but not what was split.',
    by: 'G3',
    find: 'config: this.#config,\n      shards: [...',
    put: 'config: { ...this.#config, splits: [] },\n      shards: [...',
  }),
  controller('splits-not-in-its-snapshot', {
    bug: 'The snapshot of a controller holds who owns which shard, but not what was split.',
    by: 'G3',
    find: 'JSON.stringify({ configs: this.#configs,',
    put: 'JSON.stringify({ configs: this.#configs.map((config) => ({ ...config, splits: [] })),',
  }),
  server('split-by-the-leader', {
    bug: 'The leader splits the shard when it hears of it, and the others when they apply the entry.',
    by: 'G3',
    find: '    if (reply?.ok && reply.config.num === num)\n',
    put: `    const made = reply?.ok ? reply.config.splits?.[this.#config.splits?.length ?? 0] : undefined;
    const half = made && this.#shards.get(made.of)?.split(made.at);
    if (made && half) this.#shards.set(made.shard, half);
    if (reply?.ok && reply.config.num === num)
`,
  }),
  locks('locks-stay-below', {
    bug: 'Locks stay with the shard that was split, even those of keys that are in the new one.',
    by: 'G4',
    common: true,
    find: '      return [{ ...promised, part: upper }];',
    put: '      return [];',
  }),
  locks('locks-go-up', {
    bug: 'A promise about keys of both halves goes to the new shard with all its keys.',
    by: 'G4',
    find: 'else this.promised.set(attempt.id, { ...promised, part: lower });\n      return [{ ...promised, part: upper }];',
    put: 'else this.promised.delete(attempt.id);\n      return [{ ...promised, part }];',
  }),
  client('first-key-decides', {
    bug: 'An operation on many keys goes to the shard of the first, and there nobody looks at the others.',
    by: 'G4',
    common: true,
    find: 'return others.length === 0 ? shard : undefined;',
    put: 'return others.length < 99 ? shard : undefined;',
  }),
  shard('promised-unasked', {
    bug: 'A part that has promised once says so again, even about other keys.',
    by: 'G4',
    find: 'return keysOf(part).every((key) => has.has(key)) ? { at: known.at } : { done: false };',
    put: 'return { at: has.size > 0 ? known.at : 0 };',
  }),
  client('grouped-once', {
    bug: 'A client that was refused asks for the same keys in one request again, though they are in two shards by now.',
    by: 'G5',
    common: true,
    find: 'if (shard === undefined) return undefined;',
    put: 'if (shard === undefined) {\n        await sleep(PAUSE_MS);\n        continue;\n      }',
  }),
  shard('time-stays-below', {
    bug: 'The new shard does not know the time up to which it was read.',
    by: 'G5',
    find: '{ ...this.#saved(), keys, records: [], promised }',
    put: '{ ...this.#saved(), clock: 0, keys, records: [], promised }',
  }),
  shard('past-stays-below', {
    bug: 'The new shard begins with only the last value of each key.',
    by: 'G5',
    find: 'const keys = [...this.#keys].filter(([key]) => key >= at);',
    put: 'const keys = [...this.#keys].filter(([key]) => key >= at).map(([key, all]): [string, Version[]] => [key, all.slice(-1)]);',
  }),
  client('old-owner-first', {
    bug: 'A client asks the owner of the shard in which the key once was, and the right one only when that refuses.',
    by: 'G6',
    find: '      const owner = this.#config.shards[shard];',
    put: "      const once = 'key' in operation ? shardIn(NO_CONFIG, operation.key) : shard;\n      const owner = this.#config.shards[count === 1 ? once : shard];",
  }),
]);
