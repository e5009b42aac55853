import { readFileSync } from 'node:fs';
import { readable, slackFaults } from '../support/slack-payload.ts';
import { waitFor } from '../support/wait-for.ts';
import { cast } from './cast.ts';
import type { Screen } from './screen.ts';
import type { Stage } from './stage.ts';

/** What people are told who do not watch. */
export async function playReports(stage: Stage, screen: Screen): Promise<void> {
  screen.chapter('What Slack was told meanwhile; a server on loopback stands in its place');
  const { address } = cast.framer;
  const messages = () =>
    readFileSync(stage.slackMessages, 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  const message = await waitFor(`a message names ${address}`, () =>
    messages().find(({ text }) => String(text).includes(address)),
  );
  screen.show(readable(String(message['text'])));
  const { wanted } = (await stage.client.call('status')).bans;
  const received = messages();
  screen.promise(received.length < 10, `${received.length} messages; bans in force: ${wanted}`);
  const faults = received.flatMap(slackFaults);
  screen.promise(
    faults.length === 0,
    'nothing in them that Slack would refuse, or take for mark-up',
    faults.join(),
  );
  const report = await stage.portcullis('report', '--since', '1h');
  screen.command('portcullis report --since 1h', report);
  screen.promise(/^Report of /.test(report), 'the same is sent by --slack, and each week by itself', report);
}
