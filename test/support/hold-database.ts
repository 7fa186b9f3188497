/** A Hallpass that has started on the file it is given, and stays until it is killed. */
import { openDatabase } from '../../src/store/open-database.js';

await openDatabase({ path: process.argv[2] ?? '', role: 'start' });
process.stdout.write('started\n');
setInterval(() => {}, 60_000);
