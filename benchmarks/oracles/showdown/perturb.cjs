'use strict';
// Changes a position at random by Showdown's own functions, so that decisions are tried from states that play seldom reaches.

const STATUSES = ['brn', 'par', 'slp', 'frz', 'psn', 'tox'];
const WEATHERS = ['raindance', 'sunnyday', 'sandstorm', 'hail'];
const VOLATILES = ['confusion', 'leechseed', 'substitute', 'flashfire', 'taunt', 'encore', 'yawn', 'attract', 'curse'];

/** @param draw next 32-bit word of the case's own generator @param vocabulary {items, abilities} that may be given */
function perturb(sim, game, draw, vocabulary) {
  const { battle } = game;
  const one = list => list[draw() % list.length];
  const happens = (n, of) => draw() % of < n;
  for (const side of battle.sides) {
    const pokemon = side.active[0];
    if (!pokemon || !pokemon.hp) continue;
    // Nothing in the format changes the plate of Arceus, whose forme follows it at the next switch.
    if (happens(1, 4) && pokemon.baseAbility !== 'multitype') pokemon.setItem(one(vocabulary.items), pokemon);
    if (happens(1, 6)) pokemon.setAbility(one(vocabulary.abilities), pokemon, null, true);
    if (happens(1, 2)) {
      for (const stat of Object.keys(pokemon.boosts)) pokemon.boosts[stat] = happens(1, 2) ? draw() % 13 - 6 : 0;
    }
    if (happens(1, 4) && !pokemon.status) pokemon.setStatus(one(STATUSES), side.foe.active[0], null, true);
    else if (happens(1, 4) && pokemon.status) pokemon.cureStatus();
    if (happens(1, 5)) pokemon.addVolatile(one(VOLATILES), side.foe.active[0]);
    if (happens(2, 3) && pokemon.hp) pokemon.hp = happens(1, 2) ? pokemon.maxhp : 1 + draw() % pokemon.maxhp;
  }
  const source = battle.sides[draw() % 2].active[0];
  if (happens(1, 4) && source) battle.field.setWeather(one(WEATHERS), source);
  else if (happens(1, 8)) battle.field.clearWeather();
  if (happens(1, 12) && source) battle.field.addPseudoWeather('trickroom', source);
  battle.eachEvent('Update'); // no position of a battle has a berry that is due: every action ends with this event
}

module.exports = { perturb };
