import { expect, test } from 'vitest';
import { seldom } from '../../../src/wakeups/seldom.js';
import { recordingLog } from '../../support/recording-log.js';

function noteInto() {
  const time = { now: 1_000_000 };
  const log = recordingLog();
  const note = seldom({ clock: { now: () => time.now }, log });
  return { time, note, levels: () => log.lines.map(({ level }) => level) };
}

test('an error that comes every second is a warning once a minute, and a debug line in between', () => {
  const { time, note, levels } = noteInto();
  for (let second = 0; second <= 60; second += 1) {
    note(new Error('connect ECONNREFUSED'));
    time.now += 1_000;
  }
  expect(levels().filter((level) => level === 'warn')).toHaveLength(2);
  expect(levels()).toHaveLength(61);
});

test('another error is a warning of its own', () => {
  const { note, levels } = noteInto();
  note(new Error('connect ECONNREFUSED'));
  note(new Error('WRONGPASS'));
  note('not an error at all');
  expect(levels()).toEqual(['warn', 'warn', 'warn']);
});

test('one and the same error is noted once, from however many listeners it comes', () => {
  const { note, levels } = noteInto();
  const error = new Error('connect ECONNREFUSED');
  note(error);
  note(error);
  expect(levels()).toEqual(['warn']);
});

test('errors that are all different do not pile up in memory, and each is still noted', () => {
  const { note, levels } = noteInto();
  for (let port = 0; port < 1_000; port += 1) {
    note(new Error(`read ECONNRESET ${port}`));
  }
  expect(levels()).toHaveLength(1_000);
});
