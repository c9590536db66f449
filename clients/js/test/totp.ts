import { createHmac } from 'node:crypto';

/** Returns the code of an authenticator app (RFC 6238: SHA-1, six digits, 30 seconds). */
export function totp(secret: string, now: number): string {
  const bits = [...secret].map((char) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(char).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g)!.map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(now / 30_000)));
  const digest = createHmac('sha1', key).update(counter).digest();
  const number = (digest.readUInt32BE(digest[19]! & 15) & 0x7fffffff) % 1_000_000;
  return String(number).padStart(6, '0');
}
