/**
 * Text that a submission may have chosen, made safe for wherever it is shown: a terminal, a log that
 * a runner parses, XML, a spreadsheet. What else a format must escape, its writer does.
 */
import { stripVTControlCharacters } from 'node:util';

/** Longest text of one test in a result file; platforms cut at different lengths, none below this. */
export const TEXT_CHARS_MAX = 16_000;

/** Control characters except tab and line feed, marks that change the direction of writing, noncharacters. */
const UNSHOWN = /(?![\t\n])\p{Cc}|\p{Bidi_Control}|\p{Noncharacter_Code_Point}/gu;
/** Halves of pairs: JSON and XML readers stumble over them. */
const LONE_SURROGATE = /\p{Surrogate}/gu;

/** Without terminal escapes and the like; at most `charsMax` characters. */
export function plain(text: string, charsMax = TEXT_CHARS_MAX): string {
  const clean = stripVTControlCharacters(text.replaceAll('\r\n', '\n'))
    .replace(UNSHOWN, '')
    .replace(LONE_SURROGATE, '\ufffd');
  if (clean.length <= charsMax) return clean;
  return `${clean.slice(0, charsMax).replace(LONE_SURROGATE, '')}\n[cut]`;
}

/** `xxxxxxxxxxxx` as `xxx…`: mere filling says nothing. */
export const squeezed = (text: string) => text.replace(/(\S)\1{11,}/g, '$1$1$1…');

/** The same on one line. */
export const plainLine = (text: string, charsMax = 400) =>
  plain(text.replace(/\s+/g, ' '), charsMax).replaceAll('\n', ' ');
