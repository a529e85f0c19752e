// Answers each line of the standard input, a query as a JSON string, with a line: {"rows": [...]} or {"error": "..."}.
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const { DuckDBInstance } = createRequire(process.argv.at(-1) + '/')('@duckdb/node-api');
const connection = await (await DuckDBInstance.create(':memory:', { threads: '2', memory_limit: '1GB' })).connect();
await connection.run("SET TimeZone = 'UTC'");
for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    const reader = await connection.runAndReadAll(JSON.parse(line));
    answer = { rows: reader.getRowObjectsJson() };
  } catch (error) {
    answer = { error: error.message };
  }
  process.stdout.write(JSON.stringify(answer) + '\n');
}
