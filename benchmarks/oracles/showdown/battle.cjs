'use strict';
// One battle of Showdown in process: start, legal actions in poke-env's numbering, decision points.

const SWITCHES = 6;
const ACTIONS = 10; // 0-5 switch to that member of the initial party, 6-9 use that move slot
const WAIT = 1; // mask of a side that has nothing to choose: action 0 only

const QUIET = ['add', 'addMove', 'addSplit', 'attrLastMove', 'retargetLastMove', 'hint', 'sendUpdates', 'debug'];

class Game {
  /**
   * @param sim the package's simulator
   * @param options format, seed (16 hex digits), teams (two lists of sets), log (whether Showdown writes its log)
   */
  constructor(sim, { format, seed, teams, log }) {
    this.sim = sim;
    this.refused = 0;
    this.battle = new sim.Battle({ formatid: format, seed: `gen5,${seed}` });
    if (!log) this.quieten(this.battle);
    this.teams = teams.map(team => JSON.parse(JSON.stringify(team))); // the battle writes into its sets
  }

  /** Lets a battle write no log: text for people, on which nothing of the state depends. */
  quieten(battle) {
    for (const name of QUIET) battle[name] = () => {};
    return battle;
  }

  /** Joins both players, upon which Showdown starts the battle; before it does, numbers the parties and calls back. */
  begin(beforeStart) {
    const { battle, teams } = this;
    const start = battle.start.bind(battle);
    battle.start = () => {
      for (const side of battle.sides) side.pokemon.forEach((pokemon, i) => { pokemon.partyIndex = i; });
      if (beforeStart) beforeStart(this);
      start();
    };
    battle.setPlayer('p1', { name: 'one', team: teams[0] });
    battle.setPlayer('p2', { name: 'two', team: teams[1] });
    return this;
  }

  get ended() {
    return this.battle.ended;
  }

  /** Whether a side has to choose now. */
  needsChoice(side) {
    return !this.battle.ended && !!side.requestState && !side.isChoiceDone();
  }

  /** Legal actions of a side as bits. */
  mask(side) {
    if (!this.needsChoice(side)) return WAIT;
    const request = side.activeRequest;
    let bits = 0;
    const active = request.active && request.active[0];
    if (active) {
      const slots = side.active[0].moveSlots;
      for (const move of active.moves) {
        if (move.disabled) continue;
        const slot = slots.findIndex(one => one.id === move.id);
        bits |= 1 << (SWITCHES + Math.max(slot, 0)); // Struggle and Recharge have no slot and stand in the first
      }
    }
    if (!active || !active.trapped) {
      side.pokemon.forEach((pokemon, position) => {
        if (position >= side.active.length && !pokemon.fainted) bits |= 1 << pokemon.partyIndex;
      });
    }
    return bits;
  }

  /** Showdown's words for an action. */
  choice(side, action) {
    if (action < SWITCHES) {
      return `switch ${side.pokemon.findIndex(pokemon => pokemon.partyIndex === action) + 1}`;
    }
    const { moves } = side.activeRequest.active[0];
    const slot = side.active[0].moveSlots[action - SWITCHES];
    const index = moves.findIndex(move => slot && move.id === slot.id);
    return `move ${Math.max(index, 0) + 1}`;
  }

  /**
   * Both sides' actions; a side that waits ignores its own. A refused choice commits nothing: the other side's choice is
   * kept and only the refused side chooses at the next decision point.
   */
  step(actions) {
    const { battle } = this;
    this.refused = 0;
    const choosing = battle.sides.map(side => this.needsChoice(side));
    battle.sides.forEach((side, i) => {
      if (!choosing[i]) return;
      if (!(this.mask(side) >> actions[i] & 1)) throw new Error(`action ${actions[i]} of side ${i} is not legal`);
    });
    const words = battle.sides.map((side, i) => choosing[i] && this.choice(side, actions[i]));
    battle.sides.forEach((side, i) => {
      if (choosing[i] && !battle.choose(side.id, words[i])) this.refused |= 1 << i;
    });
  }

  /** The generator's state as four 16-bit numbers, most significant first. */
  get generator() {
    return this.battle.prng.rng.seed;
  }
}

module.exports = { Game, ACTIONS, SWITCHES, WAIT };
