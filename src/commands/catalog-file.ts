import { readVariable, type Environment } from '../variables.js';

type Found = { readonly ok: true; readonly file: string } | { readonly ok: false; readonly problem: string };

/** The file that CATALOG names, as for `hallpass start`. */
export function catalogFile(env: Environment): Found {
  const variable = readVariable('CATALOG', env);
  return variable.kind === 'problem'
    ? { ok: false, problem: variable.problem }
    : { ok: true, file: variable.kind === 'value' ? variable.text : './access.yaml' };
}
