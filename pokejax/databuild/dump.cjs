'use strict';
// Writes what the data builder needs of Pokemon Showdown's resolved dex, one JSON value a line.
// usage: node dump.cjs PACKAGE_FOLDER COMMAND FORMAT ...
//   sets FORMAT                the species, moves and abilities of the generator's own list of sets
//   teams FORMAT FIRST COUNT   that many generated teams, numbers FIRST, FIRST + 1, ...
//   dex FORMAT                 reads {moves, abilities, items, species, conditions} ids from stdin, writes their entries

const fs = require('fs');
const path = require('path');

const [packageFolder, command, format, ...rest] = process.argv.slice(2);
const sim = require(path.join(packageFolder, 'dist', 'sim'));
const { Side } = require(path.join(packageFolder, 'dist', 'sim', 'side'));
const { describePokemon, makeTeam } = require('./teams.cjs');

const dex = sim.Dex.forFormat(format);

function print(value) {
  fs.writeSync(1, JSON.stringify(value) + '\n');
}

const SETS_CONDITION = /(?:add(?:Volatile|SideCondition|SlotCondition|PseudoWeather)|setWeather|[sS]etStatus)\(\s*(?:\w+, )?"(\w+)"/g;

/** The entry's plain fields, the dotted names of those that are functions, and the conditions that these set. */
function describe(entry) {
  const callbacks = [];
  const conditions = new Set();
  function plain(value, name) {
    if (typeof value === 'function') {
      callbacks.push(name);
      for (const [, id] of value.toString().matchAll(SETS_CONDITION)) conditions.add(id);
      return undefined;
    }
    if (Array.isArray(value)) return value.map((item, i) => plain(item, `${name}[${i}]`));
    if (value && typeof value === 'object') {
      const copy = {};
      for (const key of Object.keys(value)) {
        const found = plain(value[key], name ? `${name}.${key}` : key);
        if (found !== undefined) copy[key] = found;
      }
      return copy;
    }
    return value;
  }
  const fields = plain(entry, '');
  for (const noise of ['desc', 'shortDesc', 'contestType', 'zMove', 'maxMove', 'tags', 'eggGroups', 'color']) delete fields[noise];
  return { ...fields, callbacks: callbacks.sort(), conditions: [...conditions].sort() };
}

function sets() {
  const generation = /^gen(\d)/.exec(format)[0];
  const file = path.join(packageFolder, 'dist', 'data', 'random-battles', generation, 'sets.json');
  const listed = JSON.parse(fs.readFileSync(file, 'utf8'));
  const moves = new Set();
  const abilities = new Set();
  for (const { sets: choices } of Object.values(listed)) {
    for (const set of choices) {
      for (const move of set.movepool) moves.add(dex.moves.get(move).id);
      for (const ability of set.abilities || []) abilities.add(dex.abilities.get(ability).id);
    }
  }
  print({ species: Object.keys(listed), moves: [...moves], abilities: [...abilities] });
}

/** The team as the simulator builds it: final stats, resolved gender, PP with all boosts. */
function built(team, battle) {
  const side = new Side('p', battle, 0, team);
  return side.pokemon.map(pokemon => describePokemon(sim, pokemon));
}

function teams(first, count) {
  const battle = new sim.Battle({ formatid: format, seed: 'gen5,0000000000000000' });
  for (let i = 0; i < count; i++) print(built(makeTeam(sim, format, first + i), battle));
}

function dump() {
  const asked = JSON.parse(fs.readFileSync(0, 'utf8'));
  const result = { version: require(path.join(packageFolder, 'package.json')).version, types: {} };
  for (const table of ['moves', 'abilities', 'items', 'conditions']) {
    result[table] = {};
    for (const id of asked[table]) result[table][id] = describe(dex[table].get(id));
  }
  result.species = {};
  for (const id of asked.species) {
    result.species[id] = describe(dex.species.get(id));
  }
  for (const type of dex.types.all()) result.types[type.name] = type.damageTaken;
  result.rules = [...dex.formats.getRuleTable(dex.formats.get(format)).keys()];
  print(result);
}

if (command === 'sets') sets();
else if (command === 'teams') teams(Number(rest[0]), Number(rest[1]));
else if (command === 'dex') dump();
else {
  process.stderr.write(`dump.cjs: unknown command ${command}; the commands are sets, teams, dex.\n`);
  process.exit(64);
}
