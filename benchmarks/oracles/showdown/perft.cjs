'use strict';
// All joint legal actions from positions of a battle, each under several states of the generator, by copies of the battle.

const { Game, ACTIONS } = require('./battle.cjs');

/** A copy of a battle in Showdown's own serialised form. */
function copyOf(sim, game, text) {
  const copy = Object.create(Game.prototype);
  return Object.assign(copy, { sim, refused: 0, battle: game.quieten(sim.Battle.fromJSON(text)) });
}

function actionsOf(mask) {
  return [...Array(ACTIONS).keys()].filter(action => mask >> action & 1);
}

/**
 * @param game the battle at a decision point
 * @param generators states of the generator as four 16-bit numbers
 * @param write (game) => what is kept of a state
 * @returns null if a copy differs from the battle, else {actions: [[a, b]], generators: [index], after: [kept], masks: [[a, b]]}
 */
function leavesOf(sim, game, generators, write) {
  const text = JSON.stringify(game.battle);
  if (write(copyOf(sim, game, text)) !== write(game)) return null;
  const [own, foe] = game.battle.sides.map(side => actionsOf(game.mask(side)));
  const found = { actions: [], generators: [], after: [], masks: [] };
  for (const a of own) {
    for (const b of foe) {
      generators.forEach((generator, index) => {
        const copy = copyOf(sim, game, text);
        copy.battle.prng.rng.seed = [...generator];
        copy.step([a, b]);
        found.actions.push([a, b]);
        found.generators.push(index);
        found.after.push(write(copy));
        found.masks.push(copy.battle.sides.map(side => copy.mask(side)));
      });
    }
  }
  return found;
}

module.exports = { leavesOf };
