import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resolvePorts } from './ports.ts';

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
