import { describe, expect, it } from 'vitest';
import { parseQueue } from '../../src/facts/smtpctl-queue.ts';
import { parseDuration, parseRoutes } from '../../src/facts/smtpctl-routes.ts';
import { parseSmtpdStatus } from '../../src/facts/smtpctl-status.ts';
import { recorded } from '../recordings.ts';

describe('smtpctl show queue', () => {
  it('is read field by field', () => {
    expect(parseQueue(recorded('faults', 'disabled route: show routes, show hosts, schedule, resume'))[1]).toEqual({
      evpid: 'a6beec020892822d',
      msgid: 'a6beec02',
      agent: 'mta',
      flags: ['auth'],
      sender: 'a@b.example',
      recipient: 'test@example.com',
      created: 1795330339,
      state: 'inflight',
      seconds: 2,
      error: 'Network error on destination MXs',
    });
  });
  it('has how long a message waits for its next attempt', () => {
    const waiting = parseQueue(recorded('faults', 'after the far side is back: schedule all delivers'));
    expect(waiting.map(mail => [mail.state, mail.seconds])).toEqual([
      ['pending', 1581],
      ['pending', 3579],
      ['pending', 3580],
    ]);
  });
  it('is empty if nothing waits', () => {
    expect(parseQueue(recorded('transcripts', 'smtpctl show queue, empty'))).toEqual([]);
  });
  it('may have bars in a local part, and no sender', () => {
    const line = '52866920a1b2c3d4|inet6|mta|bounce,hold|@|a|b@c.example|a|b@c.example|1|2|3|4|offline||broken | pipe';
    expect(parseQueue(line)).toMatchObject([
      {
        sender: '',
        recipient: 'a|b@c.example',
        flags: ['bounce', 'hold'],
        state: 'offline',
        seconds: null,
        error: 'broken | pipe',
      },
    ]);
  });
});

describe('smtpctl show routes', () => {
  it('shows a disabled route and for how long', () => {
    expect(parseRoutes(recorded('faults', 'disabled route: show routes, show hosts, schedule, resume'))).toEqual([
      { id: 2, address: '2001:db8:c1da::1', disabled: true, timeoutSeconds: 7 },
      { id: 2, address: '2001:db8:c1da::1', disabled: true, timeoutSeconds: 5 },
    ]);
  });
  it('shows a route in use', () => {
    const [route] = parseRoutes(recorded('faults', 'healthy, inbound: queue, routes and log on the relay'));
    expect(route).toMatchObject({ id: 1, disabled: false, timeoutSeconds: null });
  });
  it.each([
    ['1h2m3s', 3723],
    ['12s', 12],
    ['2d', 172_800],
    ['-', null],
    ['', null],
  ])('writes durations as %s', (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
  });
});

describe('smtpctl show status and stats', () => {
  it('name the part that is paused', () => {
    expect(parseSmtpdStatus(recorded('transcripts', 'smtpctl: pause, resume'))).toEqual({ paused: ['MTA'] });
  });
  it('show nothing paused on a healthy machine', () => {
    expect(parseSmtpdStatus(recorded('transcripts', 'smtpctl show status'))).toEqual({ paused: [] });
  });
  it('show nothing if smtpd is stopped', () => {
    expect(parseSmtpdStatus('')).toBeNull();
  });
});
