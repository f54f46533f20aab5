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

/** A Pokemon before its battle as the pool keeps it: final stats, PP with all boosts; formes that only look different are one. */
function describePokemon(sim, pokemon) {
  const { baseSpecies } = pokemon;
  return [
    baseSpecies.isCosmeticForme ? sim.toID(baseSpecies.baseSpecies) : baseSpecies.id,
    pokemon.level, pokemon.gender || 'N', pokemon.baseAbility, pokemon.item, pokemon.hpType, pokemon.hpPower,
    pokemon.happiness, pokemon.maxhp,
    ['atk', 'def', 'spa', 'spd', 'spe'].map(stat => pokemon.baseStoredStats[stat]),
    pokemon.baseMoveSlots.map(slot => slot.id), pokemon.baseMoveSlots.map(slot => slot.maxpp),
  ];
}

module.exports = { describePokemon, makeTeam, seedOf };
