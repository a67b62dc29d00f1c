// Reads a SARIF log from stdin and checks it against the official schema.
import { readFileSync } from 'node:fs';
import Ajv from 'ajv';

const read = (path) =>
  JSON.parse(readFileSync(new URL(`node_modules/${path}`, import.meta.url), 'utf8'));

const ajv = new Ajv({
  schemaId: 'id',
  allErrors: true,
  unknownFormats: 'ignore',
  logger: false,
});
ajv.addMetaSchema(read('ajv/lib/refs/json-schema-draft-04.json'));
const schema = read('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json');
if (!ajv.validate(schema, JSON.parse(readFileSync(0, 'utf8')))) {
  console.error(ajv.errorsText(ajv.errors, { separator: '\n' }));
  process.exit(1);
}
