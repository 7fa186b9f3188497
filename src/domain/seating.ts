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
  const sitting = new Map([...seatOf].map(([person, seat]) => [seat, person]));
  return seats.map((_, seat) => sitting.get(seat) ?? null);
}

/** Somebody in a seat, and by whose right: their own, or that of whom they stand in for. */
export type Seated<Person> = { readonly person: Person; readonly by: Person };

/**
 * The same where people may sit by the right of others: seats name those with the right, `rights` by whose each
 * person may sit. A person fills one seat, and a right does. It is one matching: each right has a chair of its own
 * that its token rests on, and the token is free for a seat once somebody takes the chair.
 */
export function takeSeatsByRight<Person>(
  seats: readonly Seat<Person>[],
  rights: ReadonlyMap<Person, readonly Person[]>,
): (Seated<Person> | null)[] {
  const takers = new Map<Person, { readonly person: Person }[]>();
  for (const [person, theirs] of rights) {
    const taker = { person };
    for (const right of theirs) {
      takers.set(right, [...(takers.get(right) ?? []), taker]);
    }
  }
  const chairs = [...takers].map(([right, those]) => ({ token: { person: right }, those }));
  const tokens = new Map(chairs.map(({ token }) => [token.person, token]));
  const taken = takeSeats([
    ...chairs.map(({ token, those }) => new Set([token, ...those])),
    ...seats.map((seat) => new Set([...seat].flatMap((right) => tokens.get(right) ?? []))),
  ]);
  const inChair = new Map(chairs.map(({ token }, chair) => [token.person, taken[chair]]));
  return taken.slice(chairs.length).map((token) => {
    const sitting = token === null ? null : inChair.get(token.person);
    return token === null || sitting === null || sitting === undefined
      ? null
      : { person: sitting.person, by: token.person };
  });
}

export function fillableSeats<Person>(seats: readonly Seat<Person>[]): number {
  return takeSeats(seats).filter((person) => person !== null).length;
}
