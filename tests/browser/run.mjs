// Which scenario is run? `node run.mjs SCENARIO.mjs '{"base": …}'`: a module with `run`, given a page and what the test knows.
import { resolve } from 'node:path';
import { withPage } from './chromium.mjs';

const [file, given] = process.argv.slice(2);
const facts = JSON.parse(given);
const { run } = await import(resolve(file));
await withPage(facts, (tools) => run({ ...facts, ...tools }));
