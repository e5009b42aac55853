/** Slack's documented limits: api.slack.com/reference/block-kit/blocks, /methods/chat.postMessage, /messaging/attachments. */
const limits = {
  text: 40_000,
  blocks: 50,
  section: 3_000,
  fields: 10,
  field: 2_000,
  attachments: 100,
} as const;

type Value = Record<string, unknown>;
const kinds = new Set(['section', 'context', 'divider', 'header']);

/** Everything that Slack would refuse in a message, and everything in it that it would take for mark-up. */
export function slackFaults(payload: Value): string[] {
  const faults: string[] = [];
  const complain = (wrong: boolean, what: string) => {
    if (wrong) faults.push(what);
  };
  const {
    text,
    blocks = [],
    attachments = [],
  } = payload as { text?: string; blocks?: Value[]; attachments?: Value[] };
  complain(typeof text !== 'string' || text === '', 'no text');
  complain((text?.length ?? 0) > limits.text, `text has ${text?.length}`);
  complain(payload['mrkdwn'] !== false, 'text may hold formatting');
  complain(payload['link_names'] !== false || payload['parse'] !== 'none', 'text may hold mentions');
  faults.push(...controlFaults(text ?? ''));
  complain(attachments.length > limits.attachments, `${attachments.length} attachments`);
  const all = [...blocks, ...attachments.flatMap(({ blocks: own = [] }) => own as Value[])];
  complain(all.length > limits.blocks, `${all.length} blocks`);
  for (const attachment of attachments) {
    complain(!['good', 'warning', 'danger'].includes(String(attachment['color'])), 'no colour');
    faults.push(...controlFaults(String(attachment['fallback'] ?? '')));
  }
  for (const block of all) {
    complain(!kinds.has(String(block['type'])), `a block of type ${block['type']}`);
    const fields = (block['fields'] ?? []) as Value[];
    complain(fields.length > limits.fields, `${fields.length} fields`);
    complain(block['text'] === undefined && fields.length === 0, 'a section with nothing in it');
    if (block['text'] !== undefined) faults.push(...textFaults(block['text'] as Value, limits.section));
    for (const field of fields) faults.push(...textFaults(field, limits.field));
  }
  return faults;
}

function textFaults({ type, text, verbatim, emoji }: Value, most: number): string[] {
  const value = String(text);
  const faults = controlFaults(value);
  if (value.length === 0 || value.length > most)
    faults.push(`a text of ${value.length} where ${most} are allowed`);
  if (type === 'mrkdwn' && verbatim !== true) faults.push('mrkdwn that finds mentions by itself');
  // Ours: a label and a command.
  if (type === 'mrkdwn' && !/^On the host: `[a-z0-9 .:/-]+`$/.test(value))
    faults.push(`formatting in ${value}`);
  if (type === 'plain_text' && emoji !== false && /:[a-z_]+:.*:[a-z_]+:/.test(value))
    faults.push(`an emoji in ${value}`);
  return faults;
}

/** Slack's control characters, and what a reader cannot see. */
function controlFaults(text: string): string[] {
  const faults: string[] = [];
  if (/[<>]/.test(text)) faults.push(`mark-up in ${text}`);
  if (/&(?!(amp|lt|gt);)/.test(text)) faults.push(`a bare & in ${text}`);
  const unseen = /(?![\n\u200b])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.exec(text);
  if (unseen !== null) faults.push(`U+${unseen[0].codePointAt(0)!.toString(16)} in ${text}`);
  return faults;
}

/** What a reader of the layout sees, without what separates it. */
export function layoutText(payload: Record<string, unknown>): string {
  const { blocks = [], attachments = [] } = payload as { blocks?: Value[]; attachments?: Value[] };
  const all = [...blocks, ...attachments.flatMap(({ blocks: own = [] }) => own as Value[])];
  const texts = all.flatMap(
    ({ text, fields = [] }) => [text, ...(fields as Value[])] as (Value | undefined)[],
  );
  return readable(texts.map((one) => String(one?.['text'] ?? '')).join('\n'));
}

export const readable = (text: string): string =>
  text.replaceAll('\u200b', '').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
