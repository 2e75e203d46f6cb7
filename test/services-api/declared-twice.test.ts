import { defaultRegistry } from 'holdfast';
import { defineService } from 'holdfast/services';
import { expect, it } from 'vitest';

/** A module that is loaded twice declares its service twice. The error gave no handle to the first. */
it('M2: a service that is declared again needs no registry, or the name of the first', () => {
  const declare = (more: object = {}) =>
    defineService('inventory', {
      baseUrl: 'https://inventory.example',
      operations: { list: { method: 'GET', path: '/items' } },
      ...more,
    });
  declare();
  expect(() => declare()).toThrow('or get(name)?.of.dispose() first (got "inventory")');
  declare({ registry: false });
  defaultRegistry.get('inventory')?.of.dispose();
  declare();
  defaultRegistry.get('inventory')?.of.dispose();
  expect(defaultRegistry.has('inventory')).toBe(false);
});
