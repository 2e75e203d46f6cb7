import { describe, expect, it } from 'vitest';
import { targetAddress } from '../../src/grpc/target-address.js';

describe('the address in a target', () => {
  it.each([
    ['inventory', 'inventory'],
    ['inventory:50051', 'inventory:50051'],
    ['dns:inventory:50051', 'inventory:50051'],
    ['dns:///inventory:50051', 'inventory:50051'],
    ['dns://8.8.8.8/inventory.internal.:50051', 'inventory.internal.:50051'],
    ['ipv4:10.0.0.1:50051,10.0.0.2:50051', '10.0.0.1:50051'],
    ['ipv6:[::1]:50051', '[::1]:50051'],
    ['xds:///inventory', 'inventory'],
    ['consul://agent/inventory', 'inventory'],
    ['unix:/run/inventory.sock', 'unix:/run/inventory.sock'],
    ['http://inventory:8080', 'inventory:8080'],
    ['https://user:word@inventory:8080/base', 'inventory:8080'],
  ])('W18: %s', (target, address) => {
    expect(targetAddress(target)).toBe(address);
  });

  it.each([
    '',
    ' ',
    'dns:///',
    'inventory:port',
    'two words',
    '/run/inventory.sock',
    'unix:',
    ':1',
  ])('W18: none in %j', (target) => {
    expect(() => targetAddress(target)).toThrow(TypeError);
  });
});
