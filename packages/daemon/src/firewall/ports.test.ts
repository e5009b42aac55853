import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gentlePorts, resolvePorts } from './ports.ts';

const services = `
# Network services, Internet style
http\t\t80/tcp\t\twww\t\t# WorldWideWeb HTTP
http-alt\t8080/tcp\twebcache
https\t\t443/udp\t\t\t\t# HTTP/3
`;

test('ports are numbers and ranges as iptables-save prints them', () => {
  assert.deepEqual(resolvePorts(['http', '0443', '8000:8010', '81:81'], services), [
    '80',
    '443',
    '8000:8010',
    '81',
  ]);
});

test('a port named twice is one', () => {
  assert.deepEqual(resolvePorts(['www', '80', 'http'], services), ['80']);
});

test('a service is found by its alias', () => {
  assert.deepEqual(resolvePorts(['webcache'], services), ['8080']);
});

test('the web is known without /etc/services', () => {
  assert.deepEqual(resolvePorts(['http', 'https'], ''), ['80', '443']);
});

test('a name that stands for no port is refused', () => {
  assert.throws(() => resolvePorts(['http', 'htps'], services), {
    code: 'invalid_config',
    message: 'firewall.ports: /etc/services names no service "htps".',
  });
});

test('a gentle ban closes the web’s ports of those that are closed', () => {
  assert.deepEqual(gentlePorts(['22', '443', '80']), ['80', '443']);
  assert.deepEqual(gentlePorts(['8000:8100']), ['8008', '8080']);
  assert.deepEqual(gentlePorts(['1:65535']), ['80', '443', '8008', '8080', '8443']);
});

test('a gentle ban closes them all where each is the web’s, or none: it is never without effect', () => {
  assert.equal(gentlePorts(['80', '443']), null);
  assert.equal(gentlePorts(['8443', '8080']), null);
  assert.equal(gentlePorts(['9000:9010', '22']), null);
});
