/**
 * The command-line options of the checks. An unknown name is refused, with a list of the known ones: a
 * check of nothing would pass.
 */
import { type ParseArgsConfig, parseArgs } from 'node:util';

type Options = NonNullable<ParseArgsConfig['options']>;

/** The options of `npm run NAME -- …`. */
export function readOptions<const Known extends Options>(name: string, options: Known) {
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    const known = Object.entries(options).map(([option, { type }]) =>
      type === 'string' ? `--${option} …` : `--${option}`,
    );
    const [what = ''] = (error as Error).message.split('. ');
    return refuse(what, `npm run ${name} -- [${known.join('] [')}]`);
  }
}

/** `A1,B2` as names, each of which must be one of `all`; all of them when nothing was asked for. */
export function chosen(
  what: string,
  all: readonly string[],
  asked: string | undefined,
): ReadonlySet<string> {
  const names = asked?.split(',') ?? all;
  const unknown = names.find((name) => !all.includes(name));
  if (unknown !== undefined) return refuse(`there is no ${what} "${unknown}"`, all.join(', '));
  return new Set(names);
}

/** A count; it may be 0. */
export function wholeNumber(option: string, text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  return refuse(`--${option} is "${text}"`, 'whole numbers');
}

function refuse(what: string, allowed: string): never {
  console.error(`${what}\n  allowed: ${allowed}`);
  process.exit(2);
}
