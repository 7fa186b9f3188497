import { z } from 'zod';

/** What README.md writes down. Another number is another protocol. */
export const protocolVersion = 1;

/** What a receiver names: bounded, on one line, and nothing that hides or turns text. */
const plainText = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[^\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]+$/u);

const moment = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));

const target = plainText;

/** One kind of call: what it is named, what a right answer to it is, and whether it changes anything. */
export type Question<Value> = {
  readonly action: string;
  readonly answer: z.ZodType<Value>;
  readonly changes: boolean;
};

export const describe = asking(
  'describe',
  z.object({
    protocol: z.int(),
    native_expiry: z.enum(['exact', 'coarse', 'none']),
    marks: z.boolean(),
    list: z.boolean(),
    end_sessions: z.boolean(),
    tolerance_seconds: z.number().positive(),
    roles: z.array(z.string().max(255)),
  }),
);
export type Description = z.infer<typeof describe.answer>;

export const resolve = asking('resolve', z.object({ target, account: z.object({ id: plainText }) }));

export const check = asking(
  'check',
  z.object({ target, state: z.enum(['absent', 'present', 'standing']), expires_at: moment.nullable() }),
);

export const grant = changing('grant', z.object({ target }));

export const revoke = changing(
  'revoke',
  z.object({ target, sessions_ended: z.int().nonnegative().nullable() }),
);

const member = z.object({ account: z.object({ id: plainText, name: plainText }), standing: z.boolean() });

export const list = asking('list', z.object({ target, members: z.array(member) }));

function asking<Value>(action: string, answer: z.ZodType<Value>): Question<Value> {
  return { action, answer, changes: false };
}

function changing<Value>(action: string, answer: z.ZodType<Value>): Question<Value> {
  return { action, answer, changes: true };
}

/** What went wrong, of a closed list; whatever else a refusal says is not read. */
export const refusalSchema = z.object({
  error: z.enum([
    'unknown-account',
    'ambiguous-account',
    'unknown-role',
    'wrong-target',
    'refused',
    'not-now',
    'bad-signature',
  ]),
});

export type RefusalCode = z.infer<typeof refusalSchema>['error'];
