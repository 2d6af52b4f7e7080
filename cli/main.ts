/**
 * The `lab` command: names, arguments and options. Each command is a module of its own that is
 * loaded only when it runs, so that `lab --help` costs little more than starting Node.
 */
import { Command, CommanderError } from 'commander';
import { commandName } from './command-name.ts';
import { nearest, UsageError, wholeNumber } from './errors.ts';
import type { Ui } from './ui.ts';

export const VERSION = '0.1.0';

/** Runs one command and returns the exit code: 0 passed, 1 failed, 2 usage. Faults are thrown. */
export async function main(
  argv: readonly string[],
  write: { out(text: string): void; err(text: string): void } = {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
  },
): Promise<number> {
  let code = 0;
  const program = buildProgram((result) => {
    code = result;
  });
  program.configureOutput({ writeOut: write.out, writeErr: () => {} });
  for (const command of program.commands) command.copyInheritedSettings(program);
  try {
    await program.parseAsync(argv.length === 0 ? ['home'] : [...argv], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return 0;
      write.err(`lab: ${pasteable(explain(error, program, argv).message, program)}\n`);
      return 2;
    }
    if (!(error instanceof UsageError)) throw error;
    write.err(`lab: ${pasteable(error.message, program)}\n`);
    return 2;
  }
  return code;
}

function buildProgram(finish: (code: number) => void): Command {
  const program = new Command('lab')
    .description('Distributed systems, learned by building them and watching them break.')
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .enablePositionalOptions()
    .exitOverride();
  /** An action that loads its module and passes on the exit code. */
  const run =
    <Args extends unknown[]>(load: () => Promise<(ui: Ui, ...args: Args) => Promise<number>>) =>
    async (...args: Args) => {
      const [command, { makeUi }] = await Promise.all([load(), import('./ui.ts')]);
      finish(await command(makeUi(), ...args));
    };

  program
    .command('home', { hidden: true })
    .action(run(async () => (await import('./commands/list.ts')).home));
  program
    .command('list')
    .description('the syllabus, with your progress')
    .option('--json', 'print it as JSON')
    .action(run(async () => (await import('./commands/list.ts')).list));
  program
    .command('start')
    .description('begin a lab in work/<lab>/; never overwrites')
    .argument('<lab>')
    .action(run(async () => (await import('./commands/start.ts')).startLab));
  program
    .command('test')
    .description('grade your work; without a lab, the one you worked on last')
    .argument('[lab]')
    .argument('[which]', 'parts or scenarios: A, B4 or C1,D')
    .option('--part <letters>', 'only these parts: A or A,B')
    .option('--scenario <ids>', 'only these: A1,B or the beginning of a title')
    .option('--seeds <count>', 'runs of each scenario', wholeNumber('--seeds', 1))
    .option('--seed <seed>', 'only this seed', wholeNumber('--seed', 0))
    .option('--watch', 'test again on every save, the failing scenario first')
    .option('--with-reference <labs>', 'use our solution to these labs, not yours; none: use yours')
    .option('--inspect', 'run one seed in a debugger (default: what failed last)')
    .option('--json', 'print the report as JSON')
    .option('--jobs <count>', 'worker processes (default: one per core)', wholeNumber('--jobs', 1))
    .option(
      '--shrink-budget <thousands>',
      'of simulation turns, to shrink a failure (default: 1000; 0 for none)',
      wholeNumber('--shrink-budget', 0),
    )
    .action(run(async () => (await import('./commands/test.ts')).test));
  program
    .command('replay')
    .description('one run again, event by event')
    .argument('<lab>', 'or the file of a shrunk run, from .lab/failures')
    .argument('[scenario]')
    .option(
      '--seed <seed>',
      'of the run (default: the one that failed last)',
      wholeNumber('--seed', 0),
    )
    .option('--shrunk', 'the smallest plan of that seed that still fails')
    .option('--solution', 'run the reference solution instead of your work')
    .option('--mutant <name>', 'run the reference solution with this planted bug')
    .option('--from <ms>', 'print from this virtual time on', wholeNumber('--from', 0))
    .option('--until <ms>', 'print up to this virtual time', wholeNumber('--until', 0))
    .option('--node <id>', 'print only what concerns this node')
    .option('--follow <text>', 'print only what mentions this: a key, a command, an index')
    .option('--without <texts>', 'leave out what mentions these: appendEntries,timer,disk')
    .option('--text', 'draw it: a lane for each node, messages as arrows')
    .option('--step', 'one event at a time, on a keypress, with what it changed')
    .option('--full', 'print every event')
    .action(run(async () => (await import('./commands/replay.ts')).replayRun));
  program
    .command('view')
    .description('one run as a page: who sent what when, and the broken rule')
    .argument('<lab>')
    .argument('<scenario>')
    .option(
      '--seed <seed>',
      'of the run (default: the one that failed last)',
      wholeNumber('--seed', 0),
    )
    .option('--whole', 'as drawn, not the smallest plan that still fails')
    .option('--solution', 'run the reference solution instead of your work')
    .option('--mutant <name>', 'run the reference solution with this planted bug')
    .option('--out <file>', 'where to write the page (default: .lab/view/)')
    .option('--no-open', 'do not open a browser')
    .action(run(async () => (await import('./commands/view.ts')).view));
  program
    .command('up')
    .description('labs on real servers: the broken cluster, to work on by hand')
    .argument('[lab]')
    .argument('[scenario]')
    .option('--seed <seed>', 'which variant of it (default: 1)', wholeNumber('--seed', 0))
    .action(run(async () => (await import('./commands/up.ts')).up));
  program
    .command('shell')
    .description('psql on one of its nodes, or one operation: stop, start, pg_rewind …')
    .argument('[lab]')
    .argument('[node]')
    .argument('[command...]')
    .passThroughOptions()
    .addHelpText(
      'after',
      `
What a node can do:
  (nothing)                   psql, with its options: -c 'SELECT 1', -f FILE
  start, stop, restart        the server; stop takes smart, fast or immediate
  set <name> [value]          a setting, as with ALTER SYSTEM, even while the
                              server is down; without a value, its default
  base-backup <from> [slot]   pg_basebackup -R, when the server is down and its
                              data directory is empty
  conninfo <other>            how it reaches another node, for primary_conninfo
                              and --source-server
  sql <statement>             for machines without psql
  pg_rewind …                 any program of PostgreSQL, and cat, cp, ls, mkdir,
                              mv, rm, touch; '$PGDATA' is its data directory
In all of these, the word ARCHIVE stands for the folder of archived WAL:
  set restore_command 'cp ARCHIVE/%f %p'`,
    )
    .action(run(async () => (await import('./commands/shell.ts')).shell));
  program
    .command('logs')
    .description('what its servers have logged')
    .argument('[lab]')
    .argument('[node]')
    .option('--lines <count>', 'of each server (default: 20)', wholeNumber('--lines', 1))
    .action(run(async () => (await import('./commands/verify.ts')).logs));
  program
    .command('verify')
    .description('whether it is repaired, as the grader judges it')
    .argument('[lab]')
    .action(run(async () => (await import('./commands/verify.ts')).verify));
  program
    .command('down')
    .description('end it and leave nothing behind')
    .argument('[lab]')
    .action(run(async () => (await import('./commands/verify.ts')).down));
  program
    .command('hint')
    .description('the next hint; without a scenario, for what failed last')
    .argument('[lab]')
    .argument('[scenario]')
    .argument('[stage]')
    .action(run(async () => (await import('./commands/hint.ts')).hint));
  program
    .command('explain')
    .description('questions about what happened in your own runs')
    .argument('[lab]')
    .option('--list', 'print the questions without asking them')
    .option('--answer <answers...>', 'answer without being asked: q1=b q2=41')
    .option('--answers <file>', 'the same, from a file: lines such as q1=b, or JSON')
    .option('--events [run]', 'print the events of a run, with the numbers that the questions use')
    .option('--node <id>', 'of the events: only what concerns this node')
    .option('--from <ms>', 'from this virtual time on', wholeNumber('--from', 0))
    .option('--until <ms>', 'up to this virtual time', wholeNumber('--until', 0))
    .option('--follow <text>', 'only what mentions this: a key, a command, an index')
    .option('--without <texts>', 'leave out what mentions these: appendEntries,timer,disk')
    .option('--full', 'with the full contents of messages')
    .option('--write', 'begin your account of a run (explain.md), and check the facts in it')
    .option('--solution', 'about the reference solution, with all the answers: a spoiler')
    .action(run(async () => (await import('./commands/explain.ts')).explain));
  program
    .command('status')
    .description('your points, and what is left to do')
    .argument('[lab]')
    .option('--markdown', 'the whole course, as a table to share')
    .action(run(async () => (await import('./commands/status.ts')).status));
  program
    .command('progress')
    .description('progress through the whole course: to share, or to take with you')
    .option('--markdown', 'as a table')
    .option('--export <file>', 'write it to a file')
    .option('--import <file>', 'add what was achieved elsewhere')
    .action(run(async () => (await import('./commands/progress.ts')).progress));
  program
    .command('diff')
    .description('what you changed, or how the solution differs')
    .argument('[lab]')
    .option('--skeleton', 'from the skeleton to your work (default)')
    .option('--solution', 'from your work to the solution: spoils the lab')
    .option('--yes', 'do not ask')
    .action(run(async () => (await import('./commands/diff.ts')).diff));
  program
    .command('reset')
    .description('begin a lab again, after a backup')
    .argument('<lab>')
    .option('--yes', 'do not ask')
    .action(run(async () => (await import('./commands/reset.ts')).resetLab));
  program
    .command('grade')
    .description('grade submissions for a course')
    .argument('<path...>', 'submissions, or folders of submissions named after their labs')
    .option('--lab <lab>', 'which lab it is (default: recognised by its files)')
    .option('--with-reference <labs>', 'use our solution to these labs, not those beside it')
    .option('--seeds <count>', 'runs of each scenario', wholeNumber('--seeds', 1))
    .option('--seed-set <file>', 'hidden seeds, made by lab seed-set')
    .option('--isolation <level>', 'home, course or official (default: course)')
    .option('--detail <level>', 'full, rule or none (default: full; rule with --seed-set)')
    .option(
      '--report <format[=file]>',
      'write a file, may be repeated: json, junit, gradescope, classroom50, github, ctrf, markdown, csv, html',
      (wish: string, before: string[] = []) => [...before, wish],
    )
    .option('--student <name>', 'whose work it is, for the report files')
    .option('--json', 'print the report as JSON')
    .option('--jobs <count>', 'worker processes (default: one per core)', wholeNumber('--jobs', 1))
    .action(run(async () => (await import('./commands/grade.ts')).gradePath));
  const ofClass = (command: Command) =>
    command
      .option('--out <folder>', 'where the results go', 'grades')
      .option('--detail <level>', 'what students get to see: full, rule or none')
      .option('--due <time>', 'deadline (ISO 8601), for the column final')
      .option(
        '--grace-hours <hours>',
        'of lateness that cost nothing',
        wholeNumber('--grace-hours', 0),
        0,
      )
      .option(
        '--percent-per-day <n>',
        'deducted when late',
        wholeNumber('--percent-per-day', 0),
        10,
      )
      .option('--percent-max <n>', 'deducted at most', wholeNumber('--percent-max', 0), 50);
  ofClass(
    program
      .command('batch')
      .description('grade a class; run the same command again to resume')
      .argument('<roster>', 'a folder with one folder per student, or a CSV file'),
  )
    .option('--lab <lab>', 'only this lab')
    .option('--with-reference <labs>', 'use our solution to these labs')
    .option('--seeds <count>', 'runs of each scenario', wholeNumber('--seeds', 1))
    .option('--seed-set <file>', 'hidden seeds, made by lab seed-set')
    .option('--isolation <level>', 'home, course or official (default: course)')
    .option('--redo <which>', 'failed, undecided or student=NAME: grade them again')
    .option('--shard <i/n>', 'only this part of the class')
    .option('--export-for <tool>', 'grade nothing: write the class for dolos or jplag')
    .option('--jobs <count>', 'in parallel (default: one per core)', wholeNumber('--jobs', 1))
    .action(run(async () => (await import('./commands/batch.ts')).batch));
  ofClass(
    program
      .command('merge')
      .description('put the shards of a class together, and say who is missing')
      .argument('<folders...>', 'the --out folder of each machine')
      .requiredOption('--roster <roster>', 'the one that was given to batch'),
  ).action(run(async () => (await import('./commands/batch.ts')).merge));
  program
    .command('compare')
    .description('two gradings of a class: who gained or lost, and in which scenario')
    .argument('<before>', 'the --out folder of a batch')
    .argument('<after>')
    .action(run(async () => (await import('./commands/batch.ts')).compare));
  program
    .command('new')
    .description('a new lab that works at once, for you to change')
    .argument('<slug>', 'its folder below labs/')
    .action(run(async () => (await import('./commands/author.ts')).newLabFolder));
  program
    .command('check')
    .description('whether a lab is ready for students, and what is missing')
    .argument('<lab>')
    .option('--seeds <count>', 'of each scenario of the solution', wholeNumber('--seeds', 1), 200)
    .option('--matrix', 'only show which scenario finds which planted bug')
    .action(run(async () => (await import('./commands/author.ts')).check));
  program
    .command('export')
    .description('the course as students get it, without solutions or hidden parts')
    .argument('<folder>', 'a new one')
    .option('--labs <labs>', 'which (default: all)')
    .option('--keep-reference <labs>', 'whose solution is included, for --with-reference')
    .action(run(async () => (await import('./commands/export.ts')).exportStudents));
  program
    .command('pack')
    .description('an autograder for one lab, to upload')
    .argument('<platform>', 'gradescope')
    .argument('<lab>')
    .option('--out <file>', 'where to write it')
    .option('--with-reference <labs>', 'use our solution to these labs')
    .option('--seed-set <file>', 'hidden seeds, made by lab seed-set')
    .option('--detail <level>', 'what students get to see: full, rule or none')
    .action(run(async () => (await import('./commands/pack.ts')).pack));
  program
    .command('seed-set')
    .description('hidden seeds for a course, and their hash to publish')
    .option('--secret-file <file>', 'what the seeds are derived from')
    .option('--name <name>', 'of the set: another name gives other seeds')
    .option('--count <count>', 'of seeds', wholeNumber('--count', 1), 100)
    .option('--verify <file>', 'print the hash of a set, or compare it')
    .option('--hash <hash>', 'the hash that was published, with --verify')
    .action(run(async () => (await import('./commands/seed-set.ts')).seedSet));
  program
    .command('check-history')
    .description('judge a history, wherever it was recorded')
    .argument('<file>', 'JSON lines, Jepsen EDN or JSON, or an etcd log')
    .requiredOption('--model <model>', 'kv, register, cas, mutex, list-append or rw-register')
    .option('--consistency <level>', 'linearizable, sequential; serializable, snapshot-isolation …')
    .option('--initial <value>', 'what a register holds at first (default: nil)')
    .option('--json', 'print the verdict as JSON')
    .action(run(async () => (await import('./commands/check-history.ts')).checkHistory));
  program
    .command('doctor')
    .description('what works on this machine')
    .action(run(async () => (await import('./commands/doctor.ts')).doctor));
  program
    .command('demo')
    .description('a skeleton, a famous bug, its replay, a solution')
    .action(run(async () => (await import('./commands/demo.ts')).demo));
  program.addHelpText(
    'after',
    '\nExit codes: 0 all passed, 1 something failed, 2 usage or a missing file,\n            3 the grader or the machine is at fault',
  );
  return program;
}

/** With each `lab start` as it has to be typed here, `npx lab start`. */
function pasteable(text: string, program: Command): string {
  const names = program.commands.map((c) => c.name()).join('|');
  return text.replaceAll(new RegExp(`\\blab (?=(?:${names}|--help)\\b)`, 'g'), `${commandName()} `);
}

/** Commander's complaints, with the nearest valid names. */
function explain(error: CommanderError, program: Command, argv: readonly string[]): UsageError {
  const command = program.commands.find((c) => c.name() === argv[0]);
  const value = /'([^']*)'/.exec(error.message)?.[1]?.split(/[ ,]/)[0] ?? '';
  const help = command ? `lab ${command.name()} --help` : 'lab --help';
  if (error.code === 'commander.unknownCommand') {
    const allowed = program.commands.map((c) => c.name()).filter((name) => name !== 'home');
    const what = `there is no command ${JSON.stringify(value)}`;
    return new UsageError({ what, value, allowed, todo: help });
  }
  if (error.code === 'commander.unknownOption') {
    const options = [...(command ?? program).options.map((o) => o.long ?? ''), '--help'];
    const what = `there is no option ${value}${command ? ` of "lab ${command.name()}"` : ''}`;
    const allowed = nearest(value, options).length > 0 ? options : [...options].sort();
    return new UsageError({ what, value, allowed, todo: help });
  }
  return new UsageError({ what: error.message.replace(/^error: /, ''), todo: help });
}
