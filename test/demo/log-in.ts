import { ask } from './http-request.ts';

/*
 * One attempt to log in, run in the visitors' namespace: `log-in.ts FROM TO SITE LOGIN PASSWORD` sends the form of
 * wp-login.php from the address FROM and prints what came of it: `accepted`, the HTTP status and WordPress' own words, or
 * `refused` and the system's word for it.
 */

const [from = '', address = '', site = '', log = '', pwd = ''] = process.argv.slice(2);
try {
  const { status, body } = await ask({
    address,
    port: 80,
    site,
    from,
    path: '/wp-login.php',
    form: { log, pwd },
  });
  const words = /<div id="login_error"[^>]*>(.*?)<\/div>/s.exec(body)?.[1] ?? '';
  const plain = words
    .replace(/<a .*?<\/a>/gs, '')
    .replace(/<[^>]+>/g, '')
    .trim();
  console.log(`accepted HTTP ${status} ${plain}`);
} catch (error) {
  console.log(`refused ${error instanceof Error && 'code' in error ? error.code : error}`);
}
