import { describeErrors } from './support/error-scenarios.js';

// No undici is imported here: importing it may replace the dispatcher of the global fetch.
describeErrors(`the global fetch of Node ${process.versions.node}`, async (url, options) => {
  const response = await fetch(url, options as RequestInit);
  return response.text();
});
