// Parses mails from the outbox of the local service.

/** Parses a mail: `to`, `subject` and the plain text. */
export function parseMail(bytes) {
  const whole = part(bytes.toString('latin1'));
  return { to: whole.headers.to?.replace(/^.*<|>$/g, ''), subject: whole.headers.subject, text: plain(whole) };
}

function part(raw) {
  const [head, ...rest] = raw.split(/\r?\n\r?\n/);
  const lines = head.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/);
  const header = (line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()];
  return { headers: Object.fromEntries(lines.map(header)), body: rest.join('\r\n\r\n') };
}

function plain({ headers, body }) {
  const type = headers['content-type'] ?? 'text/plain';
  const boundary = type.match(/boundary="?([^";]+)/)?.[1];
  if (boundary) {
    const parts = body.split(`--${boundary}`).slice(1, -1);
    return plain(part(parts.find((it) => /text\/plain/i.test(it)).trimStart()));
  }
  const encoding = headers['content-transfer-encoding']?.toLowerCase();
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString();
  if (encoding !== 'quoted-printable') return Buffer.from(body, 'latin1').toString();
  const text = body.replace(/=\r?\n/g, '').replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(text, 'latin1').toString();
}
