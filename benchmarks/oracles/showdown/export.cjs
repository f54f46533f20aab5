'use strict';
// Walks Showdown's fields straight into the words of the engine's layout, which pokejax/state.py declares.
// A field whose owner is off is zero. What is left out of the canonical state stands in docs/pokejax/ORACLE.md.

/** @param layout state.layout() @param names names of species, moves, abilities, items by kind, numbered from 1 */
function exporter(sim, layout, names) {
  const words = layout.vocabulary;
  const numbers = {};
  for (const [kind, list] of Object.entries(names)) numbers[kind] = new Map(list.map((name, i) => [name, i + 1]));

  function number(kind, id) {
    if (!id) return 0;
    const found = numbers[kind].get(id);
    if (found === undefined) throw new Error(`${kind}: ${id} is not in the vocabulary`);
    return found;
  }
  function index(list, word) {
    const found = words[list].indexOf(word);
    if (found < 0) throw new Error(`${list} holds no ${JSON.stringify(word)}`);
    return found;
  }
  function bits(list, test) {
    return words[list].reduce((sum, name, i) => sum + (test(name) ? 2 ** i : 0), 0);
  }
  const speciesNumber = species => number('species', species.isCosmeticForme ? sim.toID(species.baseSpecies) : species.id);
  const moves = slots => [0, 1, 2, 3].map(i => number('moves', slots[i] && slots[i].id));
  const points = slots => [0, 1, 2, 3].map(i => slots[i] ? slots[i].pp : 0);
  const stats = values => words.STATS.map(stat => values[stat]);
  const hasHiddenPower = slots => slots.some(slot => slot.id === 'hiddenpower');
  const volatile = (pokemon, name, field, otherwise = 0) => {
    const state = pokemon.volatiles[name];
    return state ? state[field] || 0 : otherwise;
  };
  const lastHit = pokemon => pokemon.getLastDamagedBy(true);
  const slotFlags = {
    transformed: p => p.transformed,
    newlySwitched: p => p.newlySwitched,
    skipBeforeSwitchOut: p => p.skipBeforeSwitchOutEventFlag,
    lostFocus: p => p.volatiles.focuspunch && p.volatiles.focuspunch.lostFocus,
    counterHit: p => p.volatiles.counter && p.volatiles.counter.slot !== null,
    mirrorcoatHit: p => p.volatiles.mirrorcoat && p.volatiles.mirrorcoat.slot !== null,
    sashActivated: p => p.volatiles.focussash && p.volatiles.focussash.activated,
    attackedThisTurn: p => lastHit(p) && lastHit(p).thisTurn,
  };
  const pokemonFlags = {
    knockedOff: p => p.itemKnockedOff,
    sleptByFoe: p => p.status === 'slp' && !(p.statusState.source && p.statusState.source.side === p.side),
    seen: p => p.previouslySwitchedIn > 0,
  };
  const statusOf = p => p.hp || !p.battle.ended && p.status !== 'fnt' ? p.status : ''; // a fainted one keeps it in mid-turn
  const alive = extract => pokemon => pokemon && pokemon.hp > 0 ? extract(pokemon) : 0;
  const choosing = extract => pokemon => pokemon && asked(pokemon.side) === 'move' ? extract(pokemon) : 0;
  const rng = (battle, i) => battle.prng.rng.seed[i] * 65536 + battle.prng.rng.seed[i + 1];
  const turned = battle => battle.field.weather ? battle.field.weatherState.duration || 0 : 0;
  const asked = side => {
    const request = side.activeRequest;
    if (side.battle.ended || !request || request.wait) return 'wait';
    return request.forceSwitch ? 'switch' : 'move';
  };
  const pendingMove = side => side.battle.queue.list.find(a => a.choice === 'move' && a.pokemon && a.pokemon.side === side);

  const battle = {
    rng_hi: b => rng(b, 0),
    rng_lo: b => rng(b, 2),
    turn: b => b.turn,
    result: b => !b.ended ? 0 : index('RESULTS', b.winner === 'one' ? 'p1' : b.winner === 'two' ? 'p2' : 'tie'),
    weather: b => index('WEATHERS', b.field.weather),
    weather_turns: turned,
    trick_room: b => b.field.pseudoWeather.trickroom ? b.field.pseudoWeather.trickroom.duration : 0,
    last_move: b => b.lastMove ? number('moves', b.lastMove.id) : 0,
    residual_due: b => b.queue.list.some(action => action.choice === 'residual') ? 1 : 0,
  };
  const side = {
    request: s => index('REQUESTS', asked(s)),
    pending: s => { const action = pendingMove(s); return action ? number('moves', action.moveid || action.move.id) : 0; },
    spikes: s => s.sideConditions.spikes ? s.sideConditions.spikes.layers : 0,
    toxic_spikes: s => s.sideConditions.toxicspikes ? s.sideConditions.toxicspikes.layers : 0,
    wish: s => s.slotConditions[0].wish ? s.slotConditions[0].wish.duration : 0,
    healing_wish: s => s.slotConditions[0].healingwish ? s.slotConditions[0].healingwish.duration : 0,
  };
  const active = {
    species: alive(p => speciesNumber(p.species)),
    types: alive(p => [0, 1].map(i => p.types[i] && p.types[i] !== '???' ? index('TYPES', p.types[i]) : 0)),
    ability: alive(p => number('abilities', p.ability)),
    stats: alive(p => stats(p.storedStats)),
    moves: alive(p => moves(p.moveSlots)),
    pp: alive(p => points(p.moveSlots)),
    hp_type: alive(p => hasHiddenPower(p.moveSlots) ? index('TYPES', p.hpType) : 0),
    boosts: alive(p => words.BOOSTS.map(stat => p.boosts[stat])),
    speed: alive(p => p.speed),
    volatiles: alive(p => Object.keys(p.volatiles).reduce((sum, name) => sum + 2 ** index('VOLATILES', name), 0)),
    slot_flags: alive(p => bits('SLOT_FLAGS', name => slotFlags[name](p))),
    switch_flag: p => p ? index('SWITCH_FLAGS', p.switchFlag === true ? 'true' : p.switchFlag || '') : 0,
    trapped: choosing(p => index('TRAPPED', p.trapped === true ? 'true' : p.trapped || '')),
    maybe_trapped: choosing(p => p.maybeTrapped ? 1 : 0),
    trap_known: p => {
      const request = p && p.side.activeRequest;
      return request && !p.battle.ended && request.active && request.active[0].trapped ? 1 : 0;
    },
    disabled: choosing(p => p.moveSlots.reduce((sum, slot, i) => sum + (slot.disabled ? 2 ** i : 0), 0)),
    last_move_used: alive(p => p.lastMove ? number('moves', p.lastMove.id) : 0),
    move_this_turn: alive(p => number('moves', sim.toID(p.moveThisTurn))),
    active_turns: alive(p => p.activeTurns),
    move_actions: alive(p => p.activeMoveActions),
    substitute_hp: alive(p => Math.floor(volatile(p, 'substitute', 'hp'))),
    substitute_half: alive(p => volatile(p, 'substitute', 'hp') * 2 % 2),
    confusion_time: alive(p => volatile(p, 'confusion', 'time')),
    locked_turns: alive(p => volatile(p, 'lockedmove', 'duration')),
    locked_true: alive(p => volatile(p, 'lockedmove', 'trueDuration')),
    locked_move: alive(p => number('moves', volatile(p, 'lockedmove', 'move'))),
    charge_turns: alive(p => volatile(p, 'twoturnmove', 'duration')),
    charge_move: alive(p => number('moves', volatile(p, 'twoturnmove', 'move'))),
    recharge_turns: alive(p => volatile(p, 'mustrecharge', 'duration')),
    choice_move: alive(p => number('moves', volatile(p, 'choicelock', 'move'))),
    encore_move: alive(p => number('moves', volatile(p, 'encore', 'move'))),
    encore_turns: alive(p => volatile(p, 'encore', 'duration')),
    taunt_turns: alive(p => volatile(p, 'taunt', 'duration')),
    yawn_turns: alive(p => volatile(p, 'yawn', 'duration')),
    yawn_by_foe: alive(p => p.volatiles.yawn && p.volatiles.yawn.source.side !== p.side ? 1 : 0),
    stall_turns: alive(p => volatile(p, 'stall', 'duration')),
    stall_counter: alive(p => volatile(p, 'stall', 'counter')),
    counter_damage: alive(p => volatile(p, 'counter', 'damage')),
    mirrorcoat_damage: alive(p => volatile(p, 'mirrorcoat', 'damage')),
    attract_by: alive(p => p.volatiles.attract ? p.volatiles.attract.source.partyIndex + 1 : 0),
    broken_by: alive(p => number('moves', volatile(p, 'substitutebroken', 'move'))),
    slow_start: alive(p => p.ability === 'slowstart' ? p.abilityState.counter || 0 : 0),
    attacked_damage: alive(p => lastHit(p) ? lastHit(p).damage : 0),
  };
  const pokemon = {
    base_species: p => speciesNumber(p.baseSpecies),
    level: p => p.level,
    gender: p => index('GENDERS', p.gender || 'N'),
    base_ability: p => number('abilities', p.baseAbility),
    item: p => number('items', p.item),
    hp: p => p.hp,
    max_hp: p => p.maxhp,
    base_stats: p => stats(p.baseStoredStats),
    base_moves: p => moves(p.baseMoveSlots),
    base_pp: p => points(p.baseMoveSlots),
    base_hp_type: p => hasHiddenPower(p.baseMoveSlots) ? index('TYPES', p.baseHpType) : 0,
    status: p => statusOf(p) ? index('STATUSES', p.status) : 0,
    status_time: p => !statusOf(p) ? 0 : p.status === 'slp' ? p.statusState.time : p.status === 'tox' ? p.statusState.stage : 0,
    flags: p => bits('POKEMON_FLAGS', name => pokemonFlags[name](p)),
    place: p => p.partyIndex,
  };
  const scopes = {
    battle: { extract: battle, owners: b => [b] },
    side: { extract: side, owners: b => b.sides },
    active: { extract: active, owners: b => b.sides.map(s => s.active[0]) },
    pokemon: { extract: pokemon, owners: b => b.sides.flatMap(s => s.pokemon) },
  };
  const ranges = { uint8: [0, 255], uint16: [0, 65535], uint32: [0, 2 ** 32 - 1], int8: [-128, 127], int16: [-32768, 32767], int32: [-(2 ** 31), 2 ** 31 - 1] };
  const fields = layout.fields.map(field => {
    const extract = scopes[field.scope].extract[field.name];
    if (!extract) throw new Error(`no extractor for the field ${field.name} of scope ${field.scope}; add it to export.cjs`);
    return { ...field, extract, owners: scopes[field.scope].owners, range: ranges[field.dtype] };
  });
  const unused = Object.entries(scopes).flatMap(([scope, { extract }]) =>
    Object.keys(extract).filter(name => !fields.some(f => f.scope === scope && f.name === name)));
  if (unused.length) throw new Error(`the layout has no fields ${unused.join(', ')}; take them out of export.cjs`);

  /** The action that stands while the other side's was refused, counted from 1; 0 = none. */
  function kept(theSide) {
    const action = theSide.isChoiceDone() && theSide.choice.actions[0];
    if (!action) return 0;
    if (action.choice === 'switch') return 1 + action.target.partyIndex;
    return action.choice === 'move' ? 7 + Math.max(0, theSide.active[0].moveSlots.findIndex(slot => slot.id === action.moveid)) : 0;
  }

  /** 1 if the other player does not know the types of a side's Pokemon on the field. */
  function typeUnknown(theSide) {
    const pokemon = theSide.active[0];
    return pokemon && !pokemon.fainted && !pokemon.knownType ? 1 : 0;
  }

  /** What the engine remembers beside the words, in the order of HIDDEN of pokejax_replay.py. */
  function exportHidden(theBattle) {
    const hits = theBattle.sides.map(s => s.active[0] && s.active[0].hp ? lastHit(s.active[0]) : undefined);
    const activeMove = theBattle.activeMove ? number('moves', theBattle.activeMove.id) : 0;
    return [
      ...hits.map(hit => hit ? hit.source.partyIndex + 1 : 0), ...theBattle.sides.map(kept), ...theBattle.sides.map(typeUnknown),
      activeMove,
    ];
  }

  /** The words of a battle's state, as Float64 so that unsigned and negative values keep their value. */
  function exportState(theBattle) {
    const result = new Float64Array(layout.words);
    let at = 0;
    for (const { name, width, extract, owners, range } of fields) {
      const size = width || 1;
      for (const owner of owners(theBattle)) {
        const value = extract(owner);
        for (let i = 0; i < size; i++) {
          const word = Array.isArray(value) ? value[i] : value;
          if (!Number.isInteger(word) || word < range[0] || word > range[1] || (size > 1 && !Array.isArray(value) && value !== 0)) {
            throw new Error(`${name} is ${JSON.stringify(value)}, outside ${range.join(' to ')}`);
          }
          result[at++] = word;
        }
      }
    }
    if (at !== layout.words) throw new Error(`${at} words were written and the layout has ${layout.words}`);
    return result;
  }
  return { exportState, exportHidden };
}

module.exports = { exporter };
