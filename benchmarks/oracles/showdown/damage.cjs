'use strict';
// Damage and accuracy of single moves by Showdown's own functions, in positions put together field by field.

const { Game } = require('./battle.cjs');

const CONFUSIONS = 4; // seeds for which the hit of confusion is computed
const NONE = -1; // Showdown returned no number: an immunity, or a move without power

/**
 * Many cases of one pair of Pokemon. The attacker is of p1, the target of p2, each first in its team.
 *
 * @param asked teams: two lists of sets; cases: [{move, weather, later, leaves, sides: [attacker, target]}], a side being
 *   {hp: [num, den], status, boosts, item, ability, speed, substitute, flashfire, roost, counter, mirrorcoat, slowstart,
 *   attacked, confusion}; item and ability null are the set's own
 * @param seeds generator states as four 16-bit numbers: one computation of the damage for each
 * @param exportState the words of a battle
 * @returns for each case {words, damage: [HP for each seed], draws, hits: [0/1 for each seed], hitDraws,
 *   confusion: [HP for the first seeds]}
 */
function probe(sim, format, { teams, cases }, seeds, exportState) {
  const game = new Game(sim, { format, seed: '0123456789abcdef', teams, log: false }).begin();
  return cases.map(wanted => one(sim, game.battle, wanted, seeds, exportState));
}

function arrange(sim, battle, pokemon, foe, wanted) {
  const item = wanted.item === null ? sim.toID(pokemon.set.item) : wanted.item;
  const ability = wanted.ability === null ? pokemon.baseAbility : wanted.ability;
  pokemon.hp = Math.max(1, Math.floor(pokemon.maxhp * wanted.hp[0] / wanted.hp[1]));
  pokemon.status = wanted.status;
  pokemon.statusState = { id: wanted.status, target: pokemon, time: 1, stage: 1, source: foe };
  pokemon.boosts = { atk: 0, def: 0, spa: 0, spd: 0, spe: 0, accuracy: 0, evasion: 0, ...wanted.boosts };
  pokemon.item = item;
  pokemon.itemState = { id: item, target: pokemon };
  pokemon.ability = ability;
  pokemon.abilityState = { id: ability, target: pokemon, counter: wanted.slowstart || undefined };
  if (!pokemon.moveSlots.some(slot => slot.id === 'hiddenpower')) {
    Object.assign(pokemon, { hpType: 'Dark', hpPower: 70 }); // the state keeps them only for those that know the move
  }
  pokemon.speed = wanted.speed;
  pokemon.volatiles = {};
  const volatile = (id, fields) => { pokemon.volatiles[id] = { id, target: pokemon, source: foe, ...fields }; };
  if (wanted.substitute) volatile('substitute', { hp: wanted.substitute });
  if (wanted.flashfire) volatile('flashfire', {});
  if (wanted.roost) volatile('roost', {});
  if (wanted.confusion) volatile('confusion', { time: 3 });
  if (wanted.counter) volatile('counter', { slot: foe.getSlot(), damage: wanted.counter });
  if (wanted.mirrorcoat) volatile('mirrorcoat', { slot: foe.getSlot(), damage: wanted.mirrorcoat });
  const hit = { source: foe, damage: wanted.attacked, damageValue: wanted.attacked, thisTurn: true, slot: foe.getSlot() };
  pokemon.attackedBy = wanted.attacked ? [hit] : [];
}

function one(sim, battle, wanted, seeds, exportState) {
  const [attacker, target] = battle.sides.map(side => side.active[0]);
  arrange(sim, battle, attacker, target, wanted.sides[0]);
  arrange(sim, battle, target, attacker, wanted.sides[1]);
  battle.field.weather = wanted.weather;
  battle.field.weatherState = { id: wanted.weather, duration: wanted.weather ? 5 : 0 };
  target.beingCalledBack = wanted.leaves;
  battle.queue.list = [];
  const words = Array.from(exportState(battle));
  if (wanted.later) battle.queue.list.push({ choice: 'move', pokemon: target });

  let move = battle.dex.getActiveMove(wanted.move);
  battle.setActiveMove(move, attacker, target);
  const volatiles = attacker.volatiles;
  const { rng } = battle.prng;
  const next = Object.getPrototypeOf(rng).next;
  let count = 0;
  rng.next = () => { count++; return next.call(rng); };
  const each = (compute, some = seeds) => {
    const draws = [];
    const values = some.map(seed => {
      rng.seed = [...seed];
      attacker.volatiles = { ...volatiles };
      count = 0;
      const value = compute();
      draws.push(count);
      return value;
    });
    attacker.volatiles = volatiles;
    return [values, draws];
  };
  const points = value => typeof value === 'number' ? Math.floor(value) : NONE;

  const [confusion] = each(() => points(battle.actions.getDamage(attacker, attacker, 40, true)), seeds.slice(0, CONFUSIONS));
  battle.singleEvent('ModifyType', move, null, attacker, target, move, move);
  battle.singleEvent('ModifyMove', move, null, attacker, target, move, move);
  move = battle.runEvent('ModifyType', attacker, target, move, move);
  move = battle.runEvent('ModifyMove', attacker, target, move, move);
  if (move.ignoreImmunity === undefined) move.ignoreImmunity = move.category === 'Status';
  const [damage, draws] = each(() => points(battle.actions.getDamage(attacker, target, move, true)));
  const [hits, hitDraws] = each(() => Number(!!battle.actions.hitStepAccuracy([target], attacker, move)[0]));
  target.beingCalledBack = false;
  return { words, damage, draws, hits, hitDraws, confusion };
}

module.exports = { probe };
