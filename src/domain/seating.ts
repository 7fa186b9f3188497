/** One seat for each approval that is needed, with everybody who may fill it. */
export type Seat<Person> = ReadonlySet<Person>;

/**
 * Who sits in each seat, null where nobody does, when one person fills one seat and as many as possible are
 * filled (a maximum matching, by augmenting paths: whoever sits may move over to another seat that they fit).
 */
export function takeSeats<Person>(seats: readonly Seat<Person>[]): (Person | null)[] {
  const seatOf = new Map<Person, number>();

  function fill(seat: number, asked: Set<Person>): boolean {
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

  seats.forEach((_, seat) => fill(seat, new Set()));
  const sitting = [...seatOf];
  return seats.map((_, seat) => sitting.find(([, taken]) => taken === seat)?.[0] ?? null);
}

export function fillableSeats<Person>(seats: readonly Seat<Person>[]): number {
  return takeSeats(seats).filter((person) => person !== null).length;
}
