'use strict';
// Scripted players: each takes what a side sees of its request and returns a legal action. Their randomness is their own.

const { SWITCHES } = require('./battle.cjs');

/** A small generator of 32-bit words (a counter through an integer hash), so that players never touch the battle's. */
function words(seed) {
  let counter = seed >>> 0;
  return () => {
    counter = (counter + 0x9e3779b9) >>> 0;
    let x = counter;
    x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
    x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
    return (x ^ (x >>> 15)) >>> 0;
  };
}

function bits(mask) {
  const found = [];
  for (let i = 0; mask >> i; i++) if (mask >> i & 1) found.push(i);
  return found;
}

const isSwitch = action => action < SWITCHES;

function moveOf(game, side, action) {
  const slot = side.active[0].moveSlots[action - SWITCHES];
  return game.battle.dex.moves.get(slot ? slot.id : 'struggle');
}

/** Expected damage in units that only order the moves: power, type, STAB. */
function strength(game, side, action) {
  const move = moveOf(game, side, action);
  const foe = side.foe.active[0];
  if (move.category === 'Status' || !foe) return 0;
  if (!game.battle.dex.getImmunity(move.type, foe.types)) return 0;
  const power = move.basePower || 60;
  const own = side.active[0].types.includes(move.type) ? 1.5 : 1;
  return power * own * 2 ** game.battle.dex.getEffectiveness(move.type, foe.types);
}

function pick(list, draw) {
  return list[draw() % list.length];
}

const POLICIES = {
  random: (game, side, legal, draw) => pick(legal, draw),
  max_damage(game, side, legal, draw) {
    const moves = legal.filter(action => !isSwitch(action));
    if (!moves.length || draw() % 16 === 0) return pick(legal, draw);
    const values = moves.map(action => strength(game, side, action));
    const best = Math.max(...values);
    return pick(moves.filter((_, i) => values[i] === best), draw);
  },
  status_first(game, side, legal, draw) {
    const moves = legal.filter(action => !isSwitch(action));
    const quiet = moves.filter(action => moveOf(game, side, action).category === 'Status');
    if (draw() % 16 === 0) return pick(legal, draw);
    return pick(quiet.length && draw() % 4 ? quiet : moves.length ? moves : legal, draw);
  },
  switch_averse(game, side, legal, draw) {
    const moves = legal.filter(action => !isSwitch(action));
    return pick(moves.length ? moves : legal, draw);
  },
  never_attack(game, side, legal, draw) {
    const quiet = legal.filter(action => !isSwitch(action) && moveOf(game, side, action).category === 'Status');
    const switches = legal.filter(isSwitch);
    if (quiet.length && (draw() % 8 || !switches.length)) return pick(quiet, draw);
    return pick(switches.length ? switches : legal, draw);
  },
};

/** Brings in that member of the party, keeps it in, and uses its move whenever it may: for scenarios. */
function use(member, move) {
  return (game, side, legal, draw) => {
    const active = side.active[0];
    if (active.partyIndex !== member && legal.includes(member)) return member;
    const moves = legal.filter(action => !isSwitch(action));
    const wanted = moves.filter(action => moveOf(game, side, action).id === move);
    if (active.partyIndex === member && wanted.length) return pick(wanted, draw);
    return pick(moves.length ? moves : legal, draw);
  };
}

/**
 * A player of that name for one side of one battle; "mixed" is one of the others, chosen by the seed, and
 * "use:MEMBER:MOVE" is `use`.
 */
function player(name, seed) {
  const draw = words(seed);
  const [kind, member, move] = name.split(':');
  if (kind === 'use') {
    const play = use(Number(member), move);
    return (game, side) => play(game, side, bits(game.mask(side)), draw);
  }
  draw();
  const names = Object.keys(POLICIES);
  const chosen = name === 'mixed' ? pick(names, draw) : name;
  if (!POLICIES[chosen]) throw new Error(`unknown policy ${name}; the policies are ${names.join(', ')}, mixed`);
  return (game, side) => POLICIES[chosen](game, side, bits(game.mask(side)), draw);
}

module.exports = { player, words, POLICIES };
