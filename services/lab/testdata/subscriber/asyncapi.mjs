// Checks a document against the schema of AsyncAPI 3.0: node asyncapi.mjs DOCUMENT
import fs from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const Ajv = require("ajv").default;
// The schema brings the one that it is written in along.
const ajv = new Ajv({ meta: false, validateSchema: false, strict: false, validateFormats: false });
const check = ajv.compile(require("@asyncapi/specs/schemas/3.0.0.json"));
if (!check(JSON.parse(fs.readFileSync(process.argv[2], "utf8")))) {
  console.error(JSON.stringify(check.errors.slice(0, 5), null, 2));
  process.exit(1);
}
