import { expect, it } from 'vitest';
import * as z from 'zod/mini';
import { flag, positiveCount, rate } from '../../src/config/schemas.js';
import { scenarioJsonSchema } from '../../src/simulator/index.js';
import { scenarioSchema } from '../../src/simulator/scenario.js';
import {
  DURATION_FORMAT,
  durationSchema,
  positiveDurationSchema,
} from '../../src/time/duration.js';

/** What zod cannot say about the schemas that options share, because they check by a function. */
const duration = {
  anyOf: [
    { type: 'number', minimum: 0 },
    { type: 'string', pattern: DURATION_FORMAT.source },
  ],
};
const forms = new Map<unknown, object>([
  [flag(), { type: 'boolean' }],
  [rate(), { type: 'number', minimum: 0, maximum: 1 }],
  [positiveCount(), { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER }],
  [durationSchema(), duration],
  [positiveDurationSchema(), duration],
]);

const schema = {
  ...z.toJSONSchema(scenarioSchema(), {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      Object.assign(jsonSchema, forms.get(zodSchema));
    },
  }),
};

const source = `/**
 * The JSON Schema of a scenario document, written by \`npx vitest run test/simulator/scenario-json-schema.test.ts -u\`. Do not edit.
 * To make it at run time would take all of zod's writer, which is six times as large.
 */
export const SCENARIO_JSON_SCHEMA = String.raw\`${JSON.stringify(schema)}\`;
`;

it('the JSON Schema of a scenario is the one of the options that are checked', async () => {
  await expect(source).toMatchFileSnapshot('../../src/simulator/scenario-json-schema.ts');
  expect(scenarioJsonSchema()).toEqual(JSON.parse(JSON.stringify(schema)));
});

it('the JSON Schema of a scenario belongs to who asks for it', () => {
  delete scenarioJsonSchema()['properties'];
  expect(scenarioJsonSchema()).toHaveProperty('properties');
});
