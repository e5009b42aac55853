import { type ReportMessage, type Sheet, sheetOf, type Text } from '@portcullis/core';
import { plain, safe } from './slack-text.ts';

/**
 * Slack's limits: api.slack.com/reference/block-kit/blocks and api.slack.com/methods/chat.postMessage. The sheets stay far
 * below them; they hold whatever a sheet comes to be.
 */
const limits = { text: 40_000, blocks: 50, section: 3_000, fields: 10, field: 2_000 } as const;

const icons: Readonly<Record<Sheet['tone'], string>> = {
  good: ':white_check_mark:',
  warning: ':warning:',
  danger: ':rotating_light:',
};

/**
 * A message in Slack's form: the same in `text`, for notifications and screen readers, and in the layout, a colour bar with
 * two columns. What others wrote stands in `plain_text`, where Slack sees no mark-up.
 */
export function slackMessage(message: ReportMessage, channel: string): Record<string, unknown> {
  const sheet = sheetOf(message);
  const title = `${icons[sheet.tone]} ${sheet.title}`;
  return {
    ...(channel === '' ? {} : { channel }),
    text: textOf(title, sheet),
    // Nothing in `text` is mark-up, a link or a mention.
    mrkdwn: false,
    parse: 'none',
    link_names: false,
    unfurl_links: false,
    unfurl_media: false,
    blocks: [
      { type: 'section', text: { type: 'plain_text', text: plain([title], limits.section), emoji: true } },
    ],
    attachments: [
      {
        color: sheet.tone,
        fallback: plain([sheet.title], limits.section),
        blocks: blocksOf(sheet).slice(0, limits.blocks - 1),
      },
    ],
  };
}

function textOf(title: string, { facts, lists, command }: Sheet): string {
  const lines: Text[] = [
    [title],
    ...facts.map(({ label, value }): Text => [`${label}: `, ...value]),
    ...lists.flatMap(({ title, items }): Text[] => [
      [`${title}:`],
      ...items.map((item): Text => ['• ', ...item]),
    ]),
    ...(command === null ? [] : [[`On the host: ${command}`]]),
  ];
  return safe(
    lines.flatMap((line, index) => (index === 0 ? line : ['\n', ...line])),
    limits.text,
  );
}

function blocksOf({ facts, lists, command }: Sheet): object[] {
  const blocks: object[] = [];
  for (let first = 0; first < facts.length; first += limits.fields) {
    blocks.push({ type: 'section', fields: facts.slice(first, first + limits.fields).map(fieldOf) });
  }
  for (const { title, items } of lists) {
    const lines = items.flatMap((item): Text => ['\n• ', ...item]);
    blocks.push({ type: 'section', text: textObject([`${title}:`, ...lines], limits.section) });
  }
  if (command !== null) {
    // Ours alone: a constant, and perhaps an address in its canonical form.
    blocks.push({
      type: 'section',
      text: { type: 'mrkdwn', text: `On the host: \`${plain([command], limits.field)}\``, verbatim: true },
    });
  }
  return blocks;
}

const fieldOf = ({ label, value }: Sheet['facts'][number]) =>
  textObject([`${label}\n`, ...value], limits.field);

const textObject = (text: Text, most: number) => ({
  type: 'plain_text',
  text: plain(text, most),
  emoji: false,
});
