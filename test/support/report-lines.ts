/** A line of now, as WP fail2ban writes it, with its newline. */
export function loginFailure(ip: string, { site = 'blog.example.com', user = 'alice' } = {}): string {
  const stamp = new Date().toISOString().replace('Z', '+00:00');
  return `${stamp} web01 wordpress(${site})[4711]: Authentication failure for ${user} from ${ip}\n`;
}
