'use strict';
// The 64-bit hash of a state's words, equal to pokejax/hashing.py.

function mix(x) {
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return x ^ (x >>> 16);
}

const LANES = [0x9e3779b1, 0x85ebca77];

/** @param words numbers that fit 32 bits @returns 16 hex digits */
function hashWords(words) {
  let text = '';
  for (const key of LANES) {
    let sum = 0;
    for (let i = 0; i < words.length; i++) sum = (sum + mix((words[i] | 0) + Math.imul(key, i + 1) | 0)) | 0;
    text += (sum >>> 0).toString(16).padStart(8, '0');
  }
  return text;
}

module.exports = { hashWords };
