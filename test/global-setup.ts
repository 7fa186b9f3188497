import type { TestProject } from 'vitest/node';
import { ensureInstalled } from './support/servers/ensure-installed.js';

/** For the projects that use real servers; the unit tests need none. */
export async function setup(project: TestProject): Promise<void> {
  project.provide('testServers', await ensureInstalled());
}
