/**
 * Hidden seeds of a course. A list is derived from a secret, so that it need not be kept; its
 * commitment (a hash) is published with the assignment, the list after the deadline: then everybody
 * can check that nobody was graded on different seeds from the rest.
 */
import { createHash, createHmac } from 'node:crypto';
import { z } from 'zod';

const schema = z.strictObject({
  version: z.literal(1),
  name: z.string().min(1).max(100),
  seeds: z.array(z.int().min(0).max(0x7fffffff)).min(1).max(100_000),
});

export type SeedSet = z.infer<typeof schema>;

/** The same secret, name and count give the same seeds. A secret of fewer than 16 bytes can be guessed. */
export function deriveSeedSet(secret: string, name: string, count: number): SeedSet {
  const seeds = new Set<number>();
  for (let i = 0; seeds.size < count; i++) {
    const mac = createHmac('sha256', secret).update(`faultlab seeds\0${name}\0${i}`).digest();
    seeds.add(mac.readUInt32BE(0) >>> 1);
  }
  return { version: 1, name, seeds: [...seeds] };
}

/** SHA-256 over name and seeds, 64 hex digits. */
export function commitmentOf({ version, name, seeds }: SeedSet): string {
  return createHash('sha256')
    .update(JSON.stringify([version, name, seeds]))
    .digest('hex');
}

/** @throws {Error} in one sentence, when the text is not a seed set */
export function parseSeedSet(text: string): SeedSet {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`it is not JSON: ${(error as Error).message}`);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Error(`at ${issue?.path.join('.') || 'the top'}: ${issue?.message}`);
}
