// As an application in CommonJS does it.
const calls = require('./calls.cjs');

calls(require).then((count) => console.log(`required ${count}`));
