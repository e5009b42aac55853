import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FirewallConfig } from '@portcullis/core';
import { defaultFirewall } from '../../../../test/support/firewall-host.ts';
import { createNamespace, namespacesLeftOut } from '../../../../test/support/network-namespace.ts';
import { ipv4, ipv6 } from './family.ts';
import { isOurRule, jumpRules, jumpTarget, setRule, verdicts } from './rules.ts';

const config = (rejectWith: FirewallConfig['rejectWith'], protocols: FirewallConfig['protocols']) =>
  ({ ...defaultFirewall, backend: 'ipset', rejectWith, protocols }) as const;

test('a ban is answered in the words of each family', () => {
  const answers = (family: typeof ipv4, rejectWith: FirewallConfig['rejectWith']) =>
    verdicts(config(rejectWith, ['tcp', 'udp']), family).map(({ match, target }) => `${match}${target}`);
  assert.deepEqual(answers(ipv4, 'icmp-host-unreachable'), ['-j REJECT --reject-with icmp-host-unreachable']);
  assert.deepEqual(answers(ipv6, 'icmp-port-unreachable'), [
    '-j REJECT --reject-with icmp6-port-unreachable',
  ]);
  assert.deepEqual(answers(ipv6, 'icmp-host-unreachable'), [
    '-j REJECT --reject-with icmp6-addr-unreachable',
  ]);
  assert.deepEqual(answers(ipv6, 'icmp-net-unreachable'), ['-j REJECT --reject-with icmp6-no-route']);
  assert.deepEqual(answers(ipv6, 'icmp-admin-prohibited'), ['-j REJECT --reject-with icmp6-adm-prohibited']);
  assert.deepEqual(answers(ipv6, 'drop'), ['-j DROP']);
});

test('a reset answers TCP only, and UDP finds the port unreachable', () => {
  assert.deepEqual(verdicts(config('tcp-reset', ['tcp', 'udp']), ipv6), [
    { match: '-p tcp ', target: '-j REJECT --reject-with tcp-reset' },
    { match: '', target: '-j REJECT --reject-with icmp6-port-unreachable' },
  ]);
  assert.equal(verdicts(config('tcp-reset', ['tcp']), ipv4).length, 1);
});

test('a rule of another program is not taken for one of ours', () => {
  for (const rule of [
    '-j ACCEPT',
    '-s 192.0.2.1/32 -j ACCEPT',
    '-s 192.0.2.1/32 -p tcp -m tcp --dport 22 -j DROP',
    '! -s 192.0.2.1/32 -j DROP',
    '-m set --match-set allowed src -j REJECT --reject-with icmp-port-unreachable',
    '-m set ! --match-set portcullis-wordpress src -j DROP',
    '-j DROP',
  ]) {
    assert.equal(isOurRule(rule), false, rule);
  }
  assert.equal(jumpTarget('-s 192.0.2.0/24 -j portcullis-wordpress'), undefined);
  assert.equal(jumpTarget('-p tcp -m multiport --dports 80 -j ufw-before-input'), undefined);
});

test('rules are written as iptables-save prints them', { skip: namespacesLeftOut }, async () => {
  await using namespace = await createNamespace();
  await namespace.run('ipset', 'create', 'portcullis-wordpress', 'hash:net');
  await namespace.run('ipset', 'create', 'portcullis-wordpress-v6', 'hash:net', 'family', 'inet6');
  for (const family of [ipv4, ipv6]) {
    const written: string[] = [];
    const append = async (rule: string) => {
      written.push(`-A FORWARD ${rule}`);
      await namespace.run(family.iptables, '-A', 'FORWARD', ...rule.split(' '));
    };
    await namespace.run(family.iptables, '-N', 'portcullis-wordpress');
    for (const chain of ['INPUT', 'DOCKER-USER']) {
      for (const rule of jumpRules(chain, 'portcullis-wordpress', ['tcp', 'udp'], ['80', '8000:8010'])) {
        assert.equal(jumpTarget(rule), 'portcullis-wordpress');
        await append(rule);
      }
    }
    for (const rejectWith of [
      'icmp-port-unreachable',
      'icmp-host-unreachable',
      'icmp-net-unreachable',
      'icmp-admin-prohibited',
      'tcp-reset',
      'drop',
    ] as const) {
      for (const verdict of verdicts(config(rejectWith, ['tcp', 'udp']), family)) {
        const rule = setRule(`portcullis-wordpress${family.setSuffix}`, verdict);
        assert.ok(isOurRule(rule));
        await append(rule);
      }
    }
    const saved = await namespace.run(`${family.iptables}-save`, '-t', 'filter');
    assert.deepEqual(
      saved.split('\n').filter((line) => line.startsWith('-A ')),
      written,
    );
  }
});
