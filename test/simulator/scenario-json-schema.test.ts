import { expect, it } from 'vitest';
import * as z from 'zod/mini';
import { scenarioJsonSchema } from '../../src/simulator/index.js';
import { scenarioSchema } from '../../src/simulator/scenario.js';

const schema = { ...z.toJSONSchema(scenarioSchema(), { io: 'input' }) };

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
