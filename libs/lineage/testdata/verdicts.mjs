// Reads texts of lineage files, one to a line as a JSON string, and writes a JSON string to a line for each: what verify-report.mjs, which
// is the first argument, finds wrong, or nothing. The second is the keys to trust, as JSON.
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'

const { verify } = await import(pathToFileURL(process.argv[2]).href)
const trusted = process.argv[3] ? JSON.parse(process.argv[3]) : undefined
for await (const line of createInterface({ input: process.stdin })) {
  let wrong = ''
  try {
    verify(JSON.parse(line), trusted)
  } catch (err) {
    wrong = err.message
  }
  console.log(JSON.stringify(wrong))
}
