'use strict';
// The draws of a battle with the place in Showdown that made them, and draws whose result is forced by that place.

const PLUMBING = new Set([
  'next', 'random', 'randomChance', 'sample', 'shuffle', 'speedSort', 'singleEvent', 'runEvent', 'eachEvent', 'fieldEvent',
]);

/** The site of a draw: the function that asked for it and, inside a callback, the effect that it belongs to. */
function siteOf(battle, stack) {
  let sorted = '';
  for (const line of stack.split('\n').slice(2)) {
    const match = /at (?:new )?(?:[\w$]+\.)*([\w$]+)(?: \[as ([\w$]+)\])? \(/.exec(line);
    if (!match) continue;
    const name = match[2] || match[1];
    if (name === 'speedSort') sorted = 'tie:';
    if (PLUMBING.has(name) || /^(Array|map|forEach|Object)$/.test(name)) continue;
    if (line.includes('draws.cjs')) continue;
    if (/^on[A-Z]|Callback$/.test(name)) return `${sorted}${battle.effect.id}.${name}`;
    const event = sorted && battle.event && battle.event.id ? `(${battle.event.id})` : '';
    return `${sorted}${name}${event}`;
  }
  return 'unknown';
}

/**
 * Logs each draw as [site, n, result, raw]: a number 0 to n - 1 was asked for, `result` came, `raw` is the generator's word.
 *
 * @param battle the battle, before it starts
 * @param force list of {site, result, turn?}: the first draw at that site (in that turn) gets that result, each entry once
 */
function watchDraws(battle, force = []) {
  const log = [];
  const pending = force.map(entry => ({ ...entry }));
  const { prng } = battle;
  const next = prng.rng.next.bind(prng.rng);
  let wanted = null;
  prng.rng.next = () => {
    const raw = next();
    if (wanted === null) return raw;
    const { n, result } = wanted;
    return Math.ceil(result * 2 ** 32 / n);
  };
  const random = prng.random.bind(prng);
  prng.random = (from, to) => {
    Error.stackTraceLimit = 30;
    const site = siteOf(battle, new Error().stack);
    const n = to ? Math.floor(to) - Math.floor(from) : Math.floor(from);
    const index = pending.findIndex(f => f.site === site && (f.turn === undefined || f.turn === battle.turn));
    wanted = index < 0 ? null : { n, result: pending[index].result };
    if (index >= 0) pending.splice(index, 1);
    const value = random(from, to);
    wanted = null;
    log.push([site, n, to ? value - Math.floor(from) : value]);
    return value;
  };
  return { log, unused: pending };
}

module.exports = { watchDraws };
