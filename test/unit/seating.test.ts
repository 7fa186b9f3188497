import { array, assert, integer, property, uniqueArray } from 'fast-check';
import { expect, test } from 'vitest';
import { fillableSeats, type Seat } from '../../src/domain/seating.js';

function seat(...people: string[]): Seat<string> {
  return new Set(people);
}

test('one person fills one seat', () => {
  expect(fillableSeats([seat('mia'), seat('mia')])).toBe(1);
});

test('whoever fits two seats leaves the one that nobody else fits to it', () => {
  expect(fillableSeats([seat('mia', 'sam'), seat('mia')])).toBe(2);
  expect(fillableSeats([seat('a', 'b'), seat('a', 'c'), seat('a'), seat('b')])).toBe(3);
});

test('a seat for nobody stays empty', () => {
  expect(fillableSeats([seat(), seat('mia')])).toBe(1);
  expect(fillableSeats([])).toBe(0);
});

test('it finds as many as trying every order does', () => {
  const seats = array(uniqueArray(integer({ min: 0, max: 4 }).map(String), { maxLength: 4 }), {
    maxLength: 5,
  });
  assert(
    property(seats, (people) => {
      const all = people.map((names) => seat(...names));
      expect(fillableSeats(all)).toBe(bestOfAll(all, new Set()));
    }),
  );
});

function bestOfAll([first, ...others]: readonly Seat<string>[], sitting: ReadonlySet<string>): number {
  if (first === undefined) {
    return 0;
  }
  const choices = [...first].filter((person) => !sitting.has(person));
  const filled = choices.map((person) => 1 + bestOfAll(others, new Set([...sitting, person])));
  return Math.max(bestOfAll(others, sitting), ...filled);
}
