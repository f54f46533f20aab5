'use strict';
// The oracle: reads one JSON request a line from stdin and answers each with JSON lines, the last one {"done": n}.
// usage: node server.cjs PACKAGE_FOLDER TEAMS_MODULE
//
// {"command": "open", "format", "layout": state.layout(), "names": {kind: [...]}}   once, before the others
// {"command": "play", "battles": [{"seed", "teams": [n, m] | "sets": [[...], [...]], "actions": [[a, b], ...] |
//   "policies": [p, q], "policy_seed", "setup", "force", "perturb": seed}], "want": ["teams", "words", "draws", "log", "protocol"], "limit"}
// {"command": "begin", "battles": [{"seed", "teams": [n, m]}], "places": [i, ...]}   puts live games there; one line a game
// {"command": "advance", "places": [i, ...], "actions": [[a, b], ...]}   a decision point of live games; one line a game
// {"command": "coverage", "vocabulary": {kind: [ids]}}   from now on "want": ["coverage"] adds what ran since the last time
// {"command": "ran"}   one line: what ran since the last time
// {"command": "perft", "battles": [as for play], "every": n, "generators"}   see perft.cjs; one line a battle
// {"command": "damage", "pairs": [{"teams": [n, m], "first": [i, j], "cases"}], "seeds"}   see damage.cjs; one line a pair
// One line a battle: seed, teams, actions, and for each decision point the generator's state, both masks and the hash;
// with "sites" how often each place drew, with "teams" also both teams as the pool keeps them, with "perturb" the words before each decision (and behind them exportHidden) and how many damages
// the decision computed. Words are base64 of little-endian 32-bit numbers.

const fs = require('fs');
const path = require('path');
const readline = require('readline');

const [packageFolder, teamsModule] = process.argv.slice(2);
const sim = require(path.join(packageFolder, 'dist', 'sim'));
const { describePokemon, makeTeam } = require(path.resolve(teamsModule));
const { Game } = require('./battle.cjs');
const { exporter } = require('./export.cjs');
const { hashWords } = require('./hash.cjs');
const { Coverage } = require('./coverage.cjs');
const { perturb } = require('./perturb.cjs');
const { player, words: wordsOf } = require('./policies.cjs');
const { watchDraws } = require('./draws.cjs');
const { applySetup } = require('./setup.cjs');
const { probe } = require('./damage.cjs');
const { leavesOf } = require('./perft.cjs');

const LIMIT = 5000; // decision points; the turn limit ends a battle long before
let session = null;

function hex(generator) {
  return generator.map(word => word.toString(16).padStart(4, '0')).join('');
}

function encode(words) {
  return Buffer.from(Int32Array.from(words, word => word | 0).buffer).toString('base64');
}

/** What a server sends to a player: its lines, and the request if it is to choose or to wait. */
function streamOf(game, side, lines) {
  const own = [];
  for (let i = 0; i < lines.length; i++) {
    if (!lines[i].startsWith('|split|')) {
      own.push(lines[i]);
      continue;
    }
    own.push(lines[i + (lines[i].slice(7) === side.id ? 1 : 2)]);
    i += 2;
  }
  const request = game.battle.ended ? null : side.activeRequest;
  const asked = request && (request.wait || game.needsChoice(side)) ? request : null;
  return { lines: own, request: asked && JSON.parse(JSON.stringify(asked)) };
}

function play(asked, want, limit) {
  const { format, exportState, exportHidden } = session;
  const teams = asked.sets || asked.teams.map(number => makeTeam(sim, format, number));
  const logs = want.has('log') || want.has('protocol');
  const game = new Game(sim, { format, seed: asked.seed, teams, log: logs });
  const { battle } = game;
  let watched = null;
  const rows = [];
  game.begin(() => {
    for (const side of battle.sides) rows.push(side.pokemon.map(pokemon => describePokemon(sim, pokemon)));
    if (want.has('draws') || want.has('sites') || asked.force) watched = watchDraws(battle, asked.force);
  });
  if (asked.setup) applySetup(sim, game, asked.setup);
  const players = asked.policies && asked.policies.map((name, i) => player(name, (asked.policy_seed || 0) * 2 + i));
  const result = { seed: asked.seed, teams: asked.teams, actions: [], rng: [], masks: [], refused: [], hashes: [] };
  if (want.has('teams')) result.rows = rows;
  const extra = { words: [], before: [], damages: [], draws: [], logs: [], protocol: [] };
  let logged = 0;
  const record = () => {
    const words = exportState(battle);
    result.rng.push(hex(game.generator));
    result.masks.push(battle.sides.map(side => game.mask(side)));
    result.refused.push(game.refused);
    result.hashes.push(hashWords(words));
    if (want.has('words')) extra.words.push(encode(words));
    if (want.has('draws')) extra.draws.push(watched.log.splice(0));
    if (logs) {
      const lines = battle.log.slice(logged);
      logged = battle.log.length;
      if (want.has('log')) extra.logs.push(lines);
      if (want.has('protocol')) extra.protocol.push(battle.sides.map(side => streamOf(game, side, lines)));
    }
  };
  record();
  const drawCase = asked.perturb !== undefined && wordsOf(asked.perturb);
  let damages = 0;
  if (drawCase) {
    const modifyDamage = battle.actions.modifyDamage;
    battle.actions.modifyDamage = function (...given) {
      damages++;
      return modifyDamage.apply(this, given);
    };
  }
  while (!battle.ended && result.actions.length < limit) {
    const next = result.actions.length;
    if (asked.actions && next >= asked.actions.length) break;
    const actions = asked.actions
      ? asked.actions[next]
      : battle.sides.map((side, i) => game.needsChoice(side) ? players[i](game, side) : 0);
    if (drawCase) {
      if (battle.sides.every(side => game.needsChoice(side) && side.requestState === 'move')) {
        perturb(sim, game, drawCase, session.vocabulary);
      }
      extra.before.push(encode([...exportState(battle), ...exportHidden(battle)]));
      damages = 0;
    }
    game.step(actions);
    if (drawCase) extra.damages.push(damages);
    result.actions.push(actions);
    record();
  }
  if (want.has('sites')) {
    result.sites = {};
    for (const [site] of watched.log) result.sites[site] = (result.sites[site] || 0) + 1;
  }
  if (want.has('coverage')) result.coverage = session.coverage.take();
  if (asked.force) result.unused = watched.unused;
  result.ended = battle.ended;
  result.turns = battle.turn;
  result.winner = battle.ended ? battle.winner || 'tie' : '';
  for (const [name, list] of Object.entries(extra)) if (list.length) result[name] = list;
  return result;
}

/** Every n-th position of a battle: the words before and, of each leaf, actions, generator, words and masks. */
function perft(asked, every, generators) {
  const { format, exportState, exportHidden } = session;
  const teams = asked.teams.map(number => makeTeam(sim, format, number));
  const game = new Game(sim, { format, seed: asked.seed, teams, log: false }).begin();
  const players = asked.policies.map((name, i) => player(name, asked.policy_seed * 2 + i));
  const write = copy => encode([...exportState(copy.battle), ...exportHidden(copy.battle)]);
  const result = { seed: asked.seed, teams: asked.teams, positions: [], uncopied: 0 };
  for (let step = 0; !game.ended && step < LIMIT; step++) {
    if (step % every === asked.policy_seed % every) {
      const leaves = leavesOf(sim, game, generators, write);
      if (leaves) result.positions.push({ step, before: write(game), ...leaves });
      else result.uncopied++;
    }
    game.step(game.battle.sides.map((side, i) => game.needsChoice(side) ? players[i](game, side) : 0));
  }
  return result;
}

/** What both players of a live game are sent since the last time, and how it stands. */
function news(game) {
  const { battle } = game;
  const lines = battle.log.slice(game.logged);
  game.logged = battle.log.length;
  const protocol = battle.sides.map(side => streamOf(game, side, lines));
  return { protocol, ended: battle.ended, winner: battle.ended ? battle.winner || 'tie' : '' };
}

const COMMANDS = {
  begin({ battles, places }) {
    session.live = session.live || [];
    return battles.map((asked, i) => () => {
      const teams = asked.teams.map(number => makeTeam(sim, session.format, number));
      const game = new Game(sim, { format: session.format, seed: asked.seed, teams, log: true });
      game.logged = 0;
      session.live[places[i]] = game.begin();
      return news(game);
    });
  },
  advance({ places, actions }) {
    return places.map((place, i) => () => {
      session.live[place].step(actions[i]);
      return news(session.live[place]);
    });
  },
  open({ format, layout, names }) {
    session = { format, ...exporter(sim, layout, names), vocabulary: names };
    return [];
  },
  coverage({ vocabulary }) {
    session.coverage = new Coverage(sim.Dex.forFormat(session.format), vocabulary);
    return [];
  },
  play({ battles, want, limit }) {
    return battles.map(one => () => {
      try {
        return play(one, new Set(want || []), limit || LIMIT);
      } catch (error) {
        return { seed: one.seed, teams: one.teams, error: error.stack };
      }
    });
  },
  perft({ battles, every, generators }) {
    return battles.map(asked => () => {
      try {
        return perft(asked, every, generators);
      } catch (error) {
        return { seed: asked.seed, teams: asked.teams, error: error.stack };
      }
    });
  },
  ran() {
    return [() => session.coverage.take()];
  },
  damage({ pairs, seeds }) {
    const { format, exportState } = session;
    const team = (number, first) => {
      const sets = makeTeam(sim, format, number);
      return [sets[first], ...sets.slice(0, first), ...sets.slice(first + 1)];
    };
    return pairs.map(pair => () => {
      try {
        const teams = pair.teams.map((number, i) => team(number, pair.first[i]));
        return { cases: probe(sim, format, { teams, cases: pair.cases }, seeds, exportState) };
      } catch (error) {
        return { teams: pair.teams, error: error.stack };
      }
    });
  },
};

function answer(line) {
  const request = JSON.parse(line);
  const run = COMMANDS[request.command];
  if (!run) return [{ error: `unknown command ${request.command}; the commands are ${Object.keys(COMMANDS).join(', ')}` }];
  if (request.command !== 'open' && !session) return [{ error: 'the first command must be open' }];
  return run(request);
}

readline.createInterface({ input: process.stdin }).on('line', line => {
  let lines;
  try {
    lines = answer(line);
  } catch (error) {
    lines = [{ error: error.stack }];
  }
  for (const one of lines) {
    fs.writeSync(1, JSON.stringify(typeof one === 'function' ? one() : one) + '\n');
  }
  fs.writeSync(1, JSON.stringify({ done: lines.length }) + '\n');
});
