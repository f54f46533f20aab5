'use strict';
// Showdown at its fastest: battles between random legal players without log. Reads a number a line, plays as many commits
// of choices and answers "done".
// usage: node speed.cjs PACKAGE_FOLDER TEAMS_MODULE FORMAT NUMBER

const fs = require('fs');
const path = require('path');
const readline = require('readline');

const [packageFolder, teamsModule, format, number] = process.argv.slice(2);
const sim = require(path.join(packageFolder, 'dist', 'sim'));
const { makeTeam } = require(path.resolve(teamsModule));
const { Game, ACTIONS } = require('./battle.cjs');

const TEAMS = 64; // made before the clock runs: the other side reads its teams from a pool, too
const teams = Array.from({ length: TEAMS }, (_, i) => makeTeam(sim, format, i));

let state = 2 * Number(number) + 1;
/** A number below n; xorshift of 32 bits. */
function below(n) {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % n;
}

function fresh() {
  const seed = [0, 1].map(() => below(2 ** 32).toString(16).padStart(8, '0')).join('');
  return new Game(sim, { format, seed, teams: [teams[below(TEAMS)], teams[below(TEAMS)]], log: false }).begin();
}

function choose(game, side) {
  const mask = game.mask(side);
  const legal = [];
  for (let action = 0; action < ACTIONS; action++) if (mask >> action & 1) legal.push(action);
  return legal[below(legal.length)];
}

let game = fresh();
readline.createInterface({ input: process.stdin }).on('line', line => {
  for (let i = Number(line); i > 0; i--) {
    game.step(game.battle.sides.map(side => choose(game, side)));
    if (game.ended) game = fresh();
  }
  fs.writeSync(1, 'done\n');
});
fs.writeSync(1, 'ready\n');
