// Images to try a figure on, and matrices of numbers. No drawing here.
"use strict";

window.cnnFigures.images = (() => {
  const matrix = (rows, columns, value) =>
    Array.from({ length: rows }, (_, r) => Array.from({ length: columns }, (_, c) => value(r, c)));

  // cnncourse.pictures.seven(); the browser test compares them.
  const SEVEN = ["........", ".######.", ".....##.", ".....#..", "....##..", "....#...",
    "...##...", "........"];

  // A small generator with a fixed seed: the "random" image is the same for every reader.
  function dice(row, column) {
    let seed = (row * 16 + column + 1) * 2654435761;
    seed = Math.imul(seed ^ (seed >>> 15), 2246822519);
    return (((seed ^ (seed >>> 13)) >>> 0) % 10);
  }

  const middle = (size) => Math.floor((size - 1) / 2);

  const IMAGES = {
    "vertical-edge": (rows, columns) =>
      matrix(rows, columns, (_, c) => Number(c > middle(columns))),
    cross: (rows, columns) =>
      matrix(rows, columns, (r, c) => Number(r === middle(rows) || c === middle(columns))),
    gradient: (rows, columns) => matrix(rows, columns, (_, c) => c),
    seven: () => SEVEN.map((row) => [...row].map((mark) => Number(mark === "#"))),
    impulse: (rows, columns) =>
      matrix(rows, columns, (r, c) => Number(r === middle(rows) && c === middle(columns))),
    random: (rows, columns) => matrix(rows, columns, dice),
  };

  // "sobel-x" or "1 2; 3 4" to a matrix; null when it is neither.
  function read(text, presets, [rows, columns]) {
    if (Object.hasOwn(presets, text)) return presets[text](rows, columns);
    const values = text.split(";").map((row) => row.trim().split(/[\s,]+/).map(cnnFigures.parse));
    const whole = values.every((row) =>
      row.length === values[0].length && !row.some(Number.isNaN));
    return whole ? values : null;
  }

  const resized = (values, rows, columns, fresh = 0) =>
    matrix(rows, columns, (r, c) => values[r]?.[c] ?? fresh);

  return { IMAGES, matrix, middle, read, resized };
})();
