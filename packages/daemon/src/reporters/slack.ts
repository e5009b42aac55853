import type { Clock, Reporter, Secret } from '@portcullis/core';
import { failureOf, outcomeOf } from './outcome.ts';
import { placeOf, post } from './post.ts';
import { slackMessage } from './slack-message.ts';

export interface SlackOptions {
  /** That `parseWebhookUrl` has accepted. */
  readonly url: Secret;
  /** Empty: the webhook's own. */
  readonly channel: string;
  readonly clock: Clock;
}

/** An incoming webhook of Slack, or of what speaks as it does, as Mattermost. */
export function createSlackReporter({ url, channel, clock }: SlackOptions): Reporter {
  return {
    ...placeOf(url),
    async send(message, signal) {
      try {
        const body = JSON.stringify(slackMessage(message, channel));
        return outcomeOf(await post(new URL(url.reveal()), body, {}, signal), [url], clock.now());
      } catch (error) {
        return failureOf(error);
      }
    },
  };
}
