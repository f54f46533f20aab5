'use strict';
// Teams by number: the same number gives the same team, on every machine.

const GENDERS = ['M', 'F'];

/** The generator's seed of a team number; the ChaCha generator, since neighbouring seeds of the other are related. */
function seedOf(number) {
  return `sodium,${number.toString(16).padStart(16, '0')}`;
}

/**
 * The team of that number from Showdown's own generator.
 * Species of either gender get theirs here, from the same stream: else the battle would draw it.
 */
function makeTeam(sim, format, number) {
  const generator = sim.Teams.getGenerator(format, seedOf(number));
  const team = generator.getTeam();
  for (const set of team) {
    if (!set.gender) set.gender = generator.prng.sample(GENDERS);
  }
  return team;
}

module.exports = { makeTeam, seedOf };
