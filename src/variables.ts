import { readFileSync } from 'node:fs';

export type Environment = Readonly<Record<string, string | undefined>>;

export type Variable =
  | { readonly kind: 'value'; readonly text: string }
  | { readonly kind: 'unset' }
  | { readonly kind: 'problem'; readonly problem: string };

/**
 * The value of NAME, or the trimmed content of the file that NAME_FILE names, as mounted secrets come.
 * Empty counts as unset: compose files and CI set what they do not know to the empty string.
 */
export function readVariable(name: string, env: Environment): Variable {
  const text = env[name]?.trim() ?? '';
  const file = env[`${name}_FILE`]?.trim() ?? '';
  if (text !== '' && file !== '') {
    return {
      kind: 'problem',
      problem: `${name}: is set, and so is ${name}_FILE; expected one of the two; unset the one you do not mean`,
    };
  }
  if (file !== '') {
    return readFromFile(name, file);
  }
  return text === '' ? { kind: 'unset' } : { kind: 'value', text };
}

function readFromFile(name: string, file: string): Variable {
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch {
    return {
      kind: 'problem',
      problem: `${name}_FILE: its file cannot be read; expected the path of a file that holds ${name}; check the path and who may read it`,
    };
  }
  if (text === '') {
    return {
      kind: 'problem',
      problem: `${name}_FILE: its file is empty; expected a file that holds ${name}; put the value into it`,
    };
  }
  return { kind: 'value', text };
}
