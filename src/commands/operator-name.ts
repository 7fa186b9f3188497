import { userInfo } from 'node:os';

/** The operating system's name for whoever types; a container may have none for its number. */
export function operatorName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
