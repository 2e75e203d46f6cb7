const { pipeline, standard } = require('holdfast');

// Its timers fire when Jest has deleted what this file put on the global object.
it('a call leaves nothing behind that Jest deletes while it is in use', async () => {
  await expect(pipeline('ended', ...standard()).execute(() => 1)).resolves.toBe(1);
});
