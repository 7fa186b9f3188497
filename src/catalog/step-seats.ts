/** One seat for each approval that is needed, with everybody who could fill it. */
export type Seat = ReadonlySet<string>;

/**
 * How many seats can be filled at once when one person fills one seat (a maximum matching, by augmenting
 * paths: whoever sits may move over to another seat that they fit).
 */
export function fillableSeats(seats: readonly Seat[]): number {
  const seatOf = new Map<string, number>();

  function fill(seat: number, asked: Set<string>): boolean {
    for (const person of seats[seat] ?? []) {
      if (!asked.has(person)) {
        asked.add(person);
        const taken = seatOf.get(person);
        if (taken === undefined || fill(taken, asked)) {
          seatOf.set(person, seat);
          return true;
        }
      }
    }
    return false;
  }

  return seats.filter((_, seat) => fill(seat, new Set())).length;
}
