/** Raised with every change of what stands in this folder; the functions in the target say theirs. */
export const sqlVersion = 4;
