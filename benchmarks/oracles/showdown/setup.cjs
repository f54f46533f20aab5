'use strict';
// Puts a started battle into a wished-for position before the first decision point, by Showdown's own functions.

/**
 * @param setup {sides: [{active: {hp, status, boosts, volatiles, item, pp}, party: {place: {hp, status}},
 *   conditions: {name: layers}}, ...], weather}; hp is a number of points, or a fraction of maxhp as [num, den]
 */
function applySetup(sim, game, setup) {
  const { battle } = game;
  (setup.sides || []).forEach((wanted, i) => {
    const side = battle.sides[i];
    for (const [name, layers] of Object.entries(wanted.conditions || {})) {
      for (let layer = 0; layer < layers; layer++) side.addSideCondition(name, side.foe.active[0]);
    }
    const members = Object.entries(wanted.party || {}).map(([place, fields]) =>
      [side.pokemon.find(pokemon => pokemon.partyIndex === Number(place)), fields]);
    if (wanted.active) members.push([side.active[0], wanted.active]);
    for (const [pokemon, fields] of members) change(battle, pokemon, fields);
  });
  if (setup.weather) battle.field.setWeather(setup.weather, battle.sides[0].active[0]);
}

function change(battle, pokemon, fields) {
  if (fields.hp !== undefined) {
    pokemon.hp = Array.isArray(fields.hp)
      ? Math.max(1, Math.floor(pokemon.maxhp * fields.hp[0] / fields.hp[1])) : fields.hp;
  }
  if (fields.item !== undefined) pokemon.setItem(fields.item);
  if (fields.status) pokemon.setStatus(fields.status, pokemon, null, true);
  if (fields.boosts) Object.assign(pokemon.boosts, fields.boosts);
  for (const name of fields.volatiles || []) pokemon.addVolatile(name, pokemon.side.foe.active[0]);
  (fields.pp || []).forEach((pp, slot) => { pokemon.moveSlots[slot].pp = pp; });
}

module.exports = { applySetup };
