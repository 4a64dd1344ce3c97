import { describe, expect, it } from 'vitest';
import { type ProgressOptions, progressFor, verboseProgress } from '../../src/report/progress.ts';

function said(wishes: ProgressOptions, interactive = false): { out: string; err: string } {
  const heard = { out: '', err: '' };
  const view = progressFor(['namorar'], wishes, {
    interactive,
    out: text => {
      heard.out += text;
    },
    err: text => {
      heard.err += text;
    },
  });
  view.on({ host: 'namorar', state: 'asking', label: 'reads the state' });
  view.on({ host: 'namorar', state: 'changing', label: 'smtpd: restarts smtpd' });
  return heard;
}

describe('progress without a terminal', () => {
  it('is a line for each step', () => {
    expect(said({})).toEqual({ out: 'namorar: smtpd: restarts smtpd\n', err: '' });
  });

  it('is nothing with JSON, nor where cron should stay quiet', () => {
    expect(said({ json: true })).toEqual({ out: '', err: '' });
    expect(said({ quiet: true })).toEqual({ out: '', err: '' });
  });

  it('is every event with --verbose, on stderr with JSON', () => {
    expect(said({ verbose: true }).out).toMatch(/^ +\d\.\d\d s namorar: reads the state\n.*: smtpd: restarts smtpd\n$/);
    expect(said({ verbose: true, json: true })).toMatchObject({
      out: '',
      err: expect.stringContaining('reads the state'),
    });
  });
});

describe('verbose progress', () => {
  it('has the seconds since the start, the end of each host, and no control characters', () => {
    let [clock, text] = [1000, ''];
    const view = verboseProgress(
      more => {
        text += more;
      },
      () => clock,
    );
    clock = 1420;
    view.on({ host: 'namorar', state: 'done', label: '' });
    clock = 12_000;
    view.on({ host: 'carinho', state: 'failed', label: 'said \u001b[2J' });
    expect(text).toBe('   0.42 s namorar: done\n  11.00 s carinho: failed: said ^[[2J\n');
  });
});
