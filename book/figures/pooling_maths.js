// The arithmetic of two-dimensional pooling and of its gradient, as PyTorch defines them.
// No drawing here.
"use strict";

window.cnnFigures.pooling = (() => {
  const { matrix } = window.cnnFigures.images;

  // Where windows stand along one axis. In ceil mode the last one may hang over the padded image,
  // but it has to start on the image or on the padding before it.
  function axis(length, size, { stride, padding, ceil }) {
    const step = stride === "size" ? size : stride;
    const padded = length + 2 * padding;
    const counted = (ceil ? Math.ceil : Math.floor)((padded - size) / step) + 1;
    const dropped = ceil && (counted - 1) * step >= length + padding;
    const output = dropped ? counted - 1 : counted;
    const reached = (output - 1) * step + size;
    const over = Math.max(0, reached - padded);
    return { length, size, reach: size, stride: step, padding, padded, counted, dropped, output,
      over, drawn: padded + over, pad: [padding, padding + over],
      unread: Math.max(0, length + padding - reached), round: ceil ? "ceil" : "floor" };
  }

  // One cell under the window: a pixel, a cell of the padding, or nothing at all beyond it.
  function look(image, rows, columns, row, column) {
    const value = image[row]?.[column];
    if (value !== undefined) return { row, column, value, kind: "pixel" };
    const inside = row < rows.length + rows.padding && column < columns.length + columns.padding;
    return { row, column, kind: inside ? "padding" : "beyond" };
  }

  // What one window does: its cells, its result, and the share of the result that each cell has.
  function maximum(cells) {
    const pixels = cells.filter((cell) => cell.kind === "pixel");
    const value = Math.max(...pixels.map((cell) => cell.value));
    const equals = pixels.filter((cell) => cell.value === value);
    const taps = cells.map((cell) => ({ ...cell, value: cell.value ?? -Infinity,
      counts: cell.kind !== "beyond", share: Number(cell === equals[0]) }));
    return { taps, value, winner: equals[0], equals: equals.length };
  }

  function average(cells, includePad) {
    const counts = ({ kind }) => kind === "pixel" || (includePad && kind === "padding");
    const divisor = cells.filter(counts).length;
    const taps = cells.map((cell) => ({ ...cell, value: cell.value ?? 0, counts: counts(cell),
      share: counts(cell) ? 1 / divisor : 0 }));
    const sum = taps.reduce((total, tap) => total + tap.value, 0);
    return { taps, value: sum / divisor, sum, divisor };
  }

  // Everything the figure shows, from the image and the options.
  function pool(image, options) {
    const { operation, size, countIncludePad } = options;
    const rows = axis(image.length, size[0], options);
    const columns = axis(image[0].length, size[1], options);
    const fits = rows.output > 0 && columns.output > 0;
    const windowAt = (row, column) => {
      const cells = matrix(...size, (i, j) => look(image, rows, columns,
        row * rows.stride + i - rows.padding, column * columns.stride + j - columns.padding));
      return operation === "max" ? maximum(cells.flat()) : average(cells.flat(), countIncludePad);
    };
    const windows = fits ? matrix(rows.output, columns.output, windowAt) : [];
    return { rows, columns, fits, windows, taps: (row, column) => windows[row][column].taps,
      output: windows.map((line) => line.map(({ value }) => value)) };
  }

  // Send an output gradient back through the windows that `counts` admits. Every cell keeps what
  // it received, in the order of the windows: overlapping windows add up.
  function route(windows, gradient, counts) {
    const received = new Map();
    windows.forEach((line, r) => line.forEach(({ taps }, c) => {
      if (!counts(r, c)) return;
      for (const { row, column, share } of taps.filter((tap) => tap.share > 0)) {
        const key = `${row},${column}`;
        received.set(key, [...received.get(key) ?? [], gradient[r][c] * share]);
      }
    }));
    return received;
  }

  return { pool, route };
})();
