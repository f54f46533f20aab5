'use strict';
// Which callbacks of the vocabulary ran, and which of their branches: V8's own counts, laid over the entries' functions.

const fs = require('fs');
const { Session } = require('inspector');
const { fileURLToPath } = require('url');

/** Start of each line of a file, in characters. */
function lineStarts(text) {
  const starts = [0];
  for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) starts.push(i + 1);
  return starts;
}

class Coverage {
  /** @param dex resolved dex @param vocabulary {moves, abilities, items, conditions}: ids by kind */
  constructor(dex, vocabulary) {
    this.session = new Session();
    this.session.connect();
    this.post('Debugger.enable');
    this.post('Profiler.enable');
    this.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
    this.functions = [];
    for (const [kind, ids] of Object.entries(vocabulary)) {
      for (const id of ids) this.collect(dex[kind].get(id), `${kind}.${id}`);
    }
    this.locate();
  }

  post(method, parameters = {}) {
    let answer;
    this.session.post(method, parameters, (error, result) => {
      if (error) throw new Error(`${method}: ${error.message}`);
      answer = result;
    });
    return answer;
  }

  /** Finds the functions of an entry; a condition's stand under its own entry, not under the move or item that has it. */
  collect(value, name, depth = 0) {
    for (const key of Object.keys(value)) {
      const inner = value[key];
      if (typeof inner === 'function') this.functions.push({ name: `${name}.${key}`, callback: inner });
      else if (inner && typeof inner === 'object' && depth < 3 && key !== 'condition') {
        this.collect(inner, `${name}.${key}`, depth + 1);
      }
    }
  }

  /** Notes script and line of each function. */
  locate() {
    global.twinenvsFunctions = this.functions.map(one => one.callback);
    const list = this.post('Runtime.evaluate', { expression: 'twinenvsFunctions' }).result.objectId;
    const { result } = this.post('Runtime.getProperties', { objectId: list, ownProperties: true });
    for (const property of result) {
      if (!/^\d+$/.test(property.name)) continue;
      const { internalProperties } = this.post('Runtime.getProperties', { objectId: property.value.objectId });
      const found = internalProperties.find(one => one.name === '[[FunctionLocation]]').value.value;
      Object.assign(this.functions[Number(property.name)], found);
    }
    delete global.twinenvsFunctions;
  }

  /**
   * Counts since the last call: {callback: [calls, branches, branches that ran]} of those that were called.
   * A branch is a part of the function that V8 counts apart.
   */
  take() {
    const { result } = this.post('Profiler.takePreciseCoverage');
    const scripts = new Map(result.filter(one => one.url.includes('/data/')).map(one => [one.scriptId, one]));
    this.starts = this.starts || new Map();
    const found = {};
    for (const { name, scriptId, lineNumber, columnNumber } of this.functions) {
      const script = scripts.get(scriptId);
      if (!script) continue;
      if (!this.starts.has(scriptId)) {
        this.starts.set(scriptId, lineStarts(fs.readFileSync(fileURLToPath(script.url), 'utf8')));
      }
      const at = this.starts.get(scriptId)[lineNumber] + columnNumber;
      let best = null;
      for (const { ranges } of script.functions) {
        const [whole] = ranges;
        if (whole.startOffset > at || whole.endOffset <= at) continue;
        if (!best || whole.endOffset - whole.startOffset < best[0].endOffset - best[0].startOffset) best = ranges;
      }
      if (best && best[0].count) {
        const branches = best.slice(1);
        found[name] = [best[0].count, branches.length, branches.filter(range => range.count).length];
      }
    }
    return found;
  }
}

module.exports = { Coverage };
