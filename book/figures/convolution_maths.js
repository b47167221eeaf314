// The arithmetic of a two-dimensional convolution, as PyTorch defines it, and examples to try it on.
// No drawing here.
"use strict";

window.cnnFigures.convolution = (() => {
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

  const KERNELS = {
    identity: (rows, columns) =>
      matrix(rows, columns, (r, c) => Number(r === middle(rows) && c === middle(columns))),
    box: (rows, columns) => matrix(rows, columns, () => 1 / (rows * columns)),
    sharpen: () => [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
    "sobel-x": () => [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
    "sobel-y": () => [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
    laplacian: () => [[0, 1, 0], [1, -4, 1], [0, 1, 0]],
    emboss: () => [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]],
    counting: (rows, columns) => matrix(rows, columns, (r, c) => r * columns + c + 1),
  };

  // Pixels added before and after one axis. 'same' puts the odd one after, as PyTorch does.
  function padding(mode, size, dilation) {
    const reach = dilation * (size - 1);
    if (mode === "full") return [reach, reach];
    if (mode === "same") return [Math.floor(reach / 2), Math.ceil(reach / 2)];
    const amount = mode === "valid" ? 0 : Number(mode);
    return [amount, amount];
  }

  function axis(length, size, { padding: mode, stride, dilation }) {
    const pad = padding(mode, size, dilation);
    const reach = dilation * (size - 1) + 1;
    const room = length + pad[0] + pad[1] - reach;
    return { length, size, pad, reach, padded: length + pad[0] + pad[1], stride, dilation,
      output: Math.floor(room / stride) + 1 };
  }

  const turned = (kernel) => kernel.map((row) => [...row].reverse()).reverse();

  // Everything the figure shows, from the image, the kernel and the options.
  function convolve(image, kernel, options) {
    const rows = axis(image.length, kernel.length, options);
    const columns = axis(image[0].length, kernel[0].length, options);
    const weights = options.flip ? turned(kernel) : kernel;
    const fits = rows.output > 0 && columns.output > 0;

    // The pixels under the window at one output place, in image coordinates: borders lie outside.
    const taps = (row, column) => weights.flatMap((line, i) => line.map((weight, j) => {
      const r = row * options.stride + i * options.dilation - rows.pad[0];
      const c = column * options.stride + j * options.dilation - columns.pad[0];
      const value = image[r]?.[c] ?? 0;
      return { row: r, column: c, value, weight, product: value * weight };
    }));
    const at = (row, column) => taps(row, column).reduce((sum, tap) => sum + tap.product, 0);
    const output = fits ? matrix(rows.output, columns.output, at) : [];
    return { rows, columns, fits, taps, output };
  }

  // "sobel-x" or "1 2; 3 4" to a matrix; null when it is neither.
  function read(text, presets, [rows, columns]) {
    if (Object.hasOwn(presets, text)) return presets[text](rows, columns);
    const values = text.split(";").map((row) => row.trim().split(/[\s,]+/).map(cnnFigures.parse));
    const whole = values.every((row) =>
      row.length === values[0].length && !row.some(Number.isNaN));
    return whole ? values : null;
  }

  const resized = (values, rows, columns) => matrix(rows, columns, (r, c) => values[r]?.[c] ?? 0);

  return { IMAGES, KERNELS, convolve, read, resized };
})();
