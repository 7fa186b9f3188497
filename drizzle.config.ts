import { defineConfig } from 'drizzle-kit';

/** `npm run db:generate`. Add STRICT to every table that a generated migration creates or rebuilds. */
export default defineConfig({
  dialect: 'sqlite',
  schema: './src/store/schema.ts',
  out: './migrations',
});
